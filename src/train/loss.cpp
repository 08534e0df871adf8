#include "train/loss.h"

#include <algorithm>

#include "graph/analysis/readers.h"

namespace espalier::train {

std::string output_of(const Graph& graph, const Recipe& recipe) {
    const bool is_there =
        std::ranges::find(graph.outputs, recipe.model.output, &Value::name) != graph.outputs.end();
    return is_there ? recipe.model.output : graph.outputs.front().name;
}

std::string logits_of(const Graph& graph, const Recipe& recipe) {
    const std::string output = output_of(graph, recipe);
    const Node* maker = maker_of(graph, output);
    if (maker == nullptr || (maker->op != "Softmax" && maker->op != "LogSoftmax")) return output;
    const auto rank = static_cast<std::int64_t>(infer_types(graph).at(output).dims.size());
    const auto from_front = [&](std::int64_t axis) { return axis < 0 ? axis + rank : axis; };
    const bool over_classes =
        from_front(maker->attribute_int("axis", -1)) == from_front(recipe.model.class_axis);
    return over_classes ? maker->inputs.front() : output;
}

}  // namespace espalier::train
