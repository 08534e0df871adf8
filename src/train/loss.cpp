#include "train/loss.h"

#include "graph/analysis/readers.h"

namespace espalier::train {

std::string logits_of(const Graph& graph) {
    const std::string& output = graph.outputs.front().name;
    const Node* maker = maker_of(graph, output);
    if (maker == nullptr || (maker->op != "Softmax" && maker->op != "LogSoftmax")) return output;
    const std::int64_t axis = maker->attribute_int("axis", -1);
    return axis == -1 || axis == 1 ? maker->inputs.front() : output;
}

}  // namespace espalier::train
