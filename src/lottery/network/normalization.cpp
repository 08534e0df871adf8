#include "lottery/network/normalization.h"

#include <algorithm>
#include <string_view>

namespace espalier::lottery {

std::set<std::string> normalization_parameters(const Graph& graph) {
    constexpr std::string_view kOps[] = {"BatchNormalization", "LayerNormalization", "GroupNormalization",
                                         "InstanceNormalization"};
    std::set<std::string> names;
    for (const Node& node : graph.nodes) {
        if (std::ranges::find(kOps, node.op) == std::end(kOps)) continue;
        for (std::size_t i = 1; i < std::min<std::size_t>(3, node.inputs.size()); ++i) {
            if (graph.initializers.contains(node.inputs[i])) names.insert(node.inputs[i]);
        }
    }
    return names;
}

}  // namespace espalier::lottery
