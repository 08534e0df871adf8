#include "train/loss.h"

#include <algorithm>

namespace espalier::train {

std::string logits_of(const Graph& graph) {
    const std::string& output = graph.outputs.front().name;
    const auto maker = std::ranges::find_if(
        graph.nodes, [&](const Node& node) { return std::ranges::count(node.outputs, output) > 0; });
    if (maker == graph.nodes.end() || (maker->op != "Softmax" && maker->op != "LogSoftmax")) return output;
    const std::int64_t axis = maker->attribute_int("axis", -1);
    return axis == -1 || axis == 1 ? maker->inputs.front() : output;
}

}  // namespace espalier::train
