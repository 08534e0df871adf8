// Parts of quantised networks, and the plain computation of whole graphs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/computed.h"

namespace espalier::test {

inline Tensor numbers(Shape shape, float scale) {
    Tensor tensor(DType::f32, std::move(shape));
    std::uint32_t state = 12345;
    for (float& value : tensor.f32()) {
        state = state * 1664525U + 1013904223U;
        value = scale * (static_cast<float>(state >> 8U) / 8388608.0F - 1);
    }
    return tensor;
}

inline Tensor integers(Shape shape) {
    Tensor tensor(DType::i8, std::move(shape));
    const Tensor from = numbers(tensor.shape(), 127);
    for (std::size_t i = 0; i < from.f32().size(); ++i)
        tensor.as<std::int8_t>()[i] = static_cast<std::int8_t>(from.f32()[i]);
    return tensor;
}

template <class T>
Tensor one(T value) {
    return Tensor::of<T>({}, std::vector<T>{value});
}

inline Node node(std::string op, std::vector<std::string> inputs, std::string output,
                 std::map<std::string, Attribute> attributes = {}) {
    return {.name = output + "_node",
            .op = std::move(op),
            .inputs = std::move(inputs),
            .outputs = {std::move(output)},
            .attributes = std::move(attributes)};
}

/// Every output by the operators' own computation.
inline std::vector<Tensor> plainly(const Graph& graph, const NamedTensors& inputs) {
    const NamedTensors values = computed(graph, inputs);
    std::vector<Tensor> outputs;
    for (const Value& output : graph.outputs) outputs.push_back(values.at(output.name));
    return outputs;
}

}  // namespace espalier::test
