// Dropout behind hidden fully connected layers (Srivastava et al. 2014), less of it where a layer is pruned
// (Han et al. 2015):
//   D_r = D_o sqrt(C_r / C_o),   C the connections of the layer, as it was and as it is now
// A network that lost connections overfits less: of 0.5 with 11 % left, 0.166 remains.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "espalier/surgery.h"

namespace espalier::surgery {
namespace {

/// The node that reads `value`, if it is the only reader and a Relu; nullptr otherwise.
const Node* only_relu(const Graph& graph, const std::string& value) {
    const Node* reader = nullptr;
    for (const Node& node : graph.nodes) {
        if (std::ranges::find(node.inputs, value) == node.inputs.end()) continue;
        if (reader != nullptr || node.op != "Relu") return nullptr;
        reader = &node;
    }
    return reader;
}

/// What the hidden layer with this weight gives behind its Relu; "" if it is not one.
std::string activation_of(const Graph& graph, const std::string& weight) {
    for (const Node& node : graph.nodes) {
        if ((node.op != "Gemm" && node.op != "MatMul") || node.inputs[1] != weight) continue;
        const Node* relu = only_relu(graph, node.outputs[0]);
        return relu == nullptr ? "" : relu->outputs[0];
    }
    return "";
}

void insert(Graph& graph, const std::string& value, float ratio) {
    const std::string name = value + ".dropout";
    Node dropout{.name = name,
                 .op = "Dropout",
                 .inputs = {value, name + ".ratio"},
                 .outputs = {name},
                 .attributes = {}};
    graph.initializers.emplace(name + ".ratio", Tensor::of<float>({}, {ratio}));
    const auto maker = std::ranges::find_if(
        graph.nodes, [&](const Node& node) { return std::ranges::count(node.outputs, value) > 0; });
    for (auto reader = maker + 1; reader != graph.nodes.end(); ++reader)
        std::ranges::replace(reader->inputs, value, name);
    graph.nodes.insert(maker + 1, std::move(dropout));
}

}  // namespace

Graph with_dropout(Graph graph, double ratio, const prune::MaskSet& masks) {
    if (!(ratio >= 0 && ratio < 1))
        throw InvalidArgument(fmt::format("dropout of {}, expected 0 to below 1", ratio));
    bool found = false;
    for (const PrunableWeight& weight : prunable(graph)) {
        const std::string value = activation_of(graph, weight.name);
        if (value.empty()) continue;
        found = true;
        double left = 1;
        if (masks.contains(weight.name)) {
            const prune::Mask& mask = masks.at(weight.name);
            left = static_cast<double>(mask.kept()) / static_cast<double>(mask.count());
        }
        insert(graph, value, static_cast<float>(ratio * std::sqrt(left)));
    }
    if (!found) {
        throw InvalidArgument(fmt::format(
            "dropout has no place in \"{}\": no hidden fully connected layer is followed by a Relu",
            graph.name));
    }
    verify(graph);
    return graph;
}

}  // namespace espalier::surgery
