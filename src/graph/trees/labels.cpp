#include "graph/trees/labels.h"

#include <algorithm>

namespace espalier::trees {

const std::vector<std::string>* class_names(const Node& node) {
    const bool encodes = node.op == "LabelEncoder";
    if (!encodes && node.op != "TreeEnsembleClassifier" && node.op != "LinearClassifier") return nullptr;
    const auto found = node.attributes.find(encodes ? "values_strings" : "classlabels_strings");
    return found == node.attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
}

bool hands_on(const std::string& op) {
    constexpr std::string_view kOps[] = {"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"};
    return std::ranges::find(kOps, op) != std::end(kOps);
}

std::set<std::string> named_values(const Graph& graph) {
    std::set<std::string> named;
    for (const Node& node : graph.nodes) {
        if (node.outputs.empty()) continue;
        const bool handed = hands_on(node.op) && !node.inputs.empty() && named.contains(node.inputs[0]);
        if (handed || class_names(node) != nullptr) named.insert(node.outputs[0]);
    }
    return named;
}

}  // namespace espalier::trees
