#include "graph/macs.h"

namespace espalier {
namespace {

/// In floating point, as sizes come from files.
double product(const Dims& dims) {
    double count = 1;
    for (const Dim& dim : dims) count *= dim.is_fixed() ? static_cast<double>(dim.size()) : 1;
    return count;
}

/// Length of the sum behind each element of the output.
double terms(const Node& node, const Shape& shape, double count) {
    if (node.op == "MatMul") return static_cast<double>(shape[shape.size() - 2]);
    const bool turned = node.op == "Gemm" && node.attribute_int("transB", 0) == 0;
    return count / static_cast<double>(shape[turned ? 1 : 0]);
}

}  // namespace

double batch_of(const Graph& graph) {
    if (graph.inputs.empty() || graph.inputs[0].type.dims.empty()) return 1;
    const Dim& first = graph.inputs[0].type.dims[0];
    return first.is_fixed() && first.size() > 0 ? static_cast<double>(first.size()) : 1;
}

double uses_of_weight(const Node& node, const Shape& shape, const Types& types) {
    double count = 1;
    for (const std::int64_t size : shape) count *= static_cast<double>(size);
    if (count == 0) return 0;
    return product(types.at(node.outputs[0]).dims) * terms(node, shape, count) / count;
}

double macs_without_weight(const Node& node, const Types& types) {
    const auto dims = [&](std::size_t input) -> const Dims& { return types.at(node.inputs[input]).dims; };
    if (node.op == "MatMul")
        return product(types.at(node.outputs[0]).dims) * (dims(0).empty() ? 1 : product({dims(0).back()}));
    if (node.op == "ConvTranspose") {  // each element of the input is spread by all weights of its channel
        const double channels = product({dims(1).front()});
        return channels == 0 ? 0 : product(dims(0)) * product(dims(1)) / channels;
    }
    if (node.op == "LSTM" || node.op == "GRU" || node.op == "RNN") {
        // Every step multiplies W with its input and R with its state, for each example and direction.
        const Dims steps(dims(0).begin(), dims(0).begin() + 2);
        return product(steps) * (product(dims(1)) + product(dims(2)));
    }
    return 0;
}

}  // namespace espalier
