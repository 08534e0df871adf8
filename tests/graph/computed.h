// The values of a graph, node by node, by the plain computation.
#pragma once

#include "espalier/graph.h"
#include "graph/evaluation.h"

namespace espalier {

inline NamedTensors computed(const Graph& graph, NamedTensors values) {
    for (const auto& [name, tensor] : graph.initializers) values.emplace(name, tensor);
    for (const Node& node : graph.nodes) {
        std::vector<const Tensor*> inputs;
        for (const std::string& input : node.inputs)
            inputs.push_back(input.empty() ? nullptr : &values.at(input));
        std::vector<Tensor> outputs = evaluate(node, inputs);
        for (std::size_t i = 0; i < outputs.size(); ++i)
            values.insert_or_assign(node.outputs[i], std::move(outputs[i]));
    }
    return values;
}

}  // namespace espalier
