#include "graph/analysis/unbounded.h"

#include <algorithm>

#include "graph/op.h"

namespace espalier {
namespace {

bool only_adds(const Node& node, std::size_t input) {
    if (node.op == "Add" || node.op == "Sum" || (node.op == "Sub" && input == 1)) return true;
    return std::ranges::any_of(operator_of(node).roles, [&](const ParameterRole& role) {
        return role.kind == "bias" && input >= role.first && input <= role.last;
    });
}

}  // namespace

Graph without_bounds(Graph graph) {
    constexpr std::string_view kBounds[] = {"BatchNormalization", "Clip",
                                            "GroupNormalization", "InstanceNormalization",
                                            "LayerNormalization", "LRN"};
    for (Node& node : graph.nodes) {
        if (std::ranges::find(kBounds, node.op) == std::end(kBounds)) continue;
        node.op = "Identity";
        node.inputs.resize(1);
        node.outputs.resize(1);
        node.attributes.clear();
    }
    return graph;
}

std::set<std::string> offsets(const Graph& graph) {
    std::set<std::string> added = parameters(graph);
    for (const Node& node : graph.nodes) {
        for (const std::string& value : values_read(node)) {
            const auto at = std::ranges::find(node.inputs, value);
            if (at == node.inputs.end() ||
                !only_adds(node, static_cast<std::size_t>(at - node.inputs.begin())))
                added.erase(value);
        }
    }
    return added;
}

}  // namespace espalier
