// Weights that a file keeps as integers: as real numbers, which cuts score, and with what was cut put back as
// zero points.
#pragma once

#include <optional>
#include <string>

#include "espalier/graph.h"

namespace espalier {

/// Where a constant of integers gets its meaning: the node that reads it with a scale and a zero point.
struct QuantisedWeight {
    std::string name;            // of the integers
    const Node* node = nullptr;  // DequantizeLinear, MatMulInteger or ConvInteger, or the Mul behind a Cast
    std::string scale, zero;     // constants; "" where there is no zero point
    std::string real;            // the value that a layer computes with it, of floating point
    std::string activation =
        {};             // of MatMulInteger and ConvInteger: what was quantised to be multiplied with it
    bool sums = false;  // integers are added to the product before its scales: `real` has them too
};

/// The matrices and filters among them, each once. A MatMulInteger or ConvInteger counts if its other operand
/// comes from a DynamicQuantizeLinear and its result goes through a Cast into a Mul with both scales.
std::vector<QuantisedWeight> quantised_weights(const Graph& graph);

/// (q - zero point) * scale.
Tensor real_values(const Graph& graph, const QuantisedWeight& weight);

/// The network with these weights as f32 constants under their own names; products of integers become those
/// of what was quantised for them; with `rounds`, of what that quantisation leaves of it, and those that have
/// integers added stay. Without, what is added is left out: only weights are looked at.
void dequantise_weights(Graph& graph, bool rounds = false);

/// The zero point of each element of the weight, as numbers.
std::vector<std::int64_t> zero_points(const Graph& graph, const QuantisedWeight& weight);

}  // namespace espalier
