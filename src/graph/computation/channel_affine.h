// Batch normalisation as arithmetic on weights: y = gamma * (W x + b - mean) / sqrt(variance + epsilon) +
// beta is a product with other weights, W' = s W and b' = s (b - mean) + beta with s = gamma / sqrt(variance
// + epsilon) for each output. It costs nothing when running, and keeps every zero of W.
#pragma once

#include <span>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

/// y = scale * x + shift for each channel: what a BatchNormalization does when it is not trained.
struct ChannelAffine {
    std::vector<float> scale, shift;

    /// `weights` hold the same number of elements for each output, one output after the other.
    void fold_into(std::span<float> weights, std::span<float> bias) const;
};

/// Whether all inputs of `node` from index `first` on that are not left out are initialisers.
bool is_constant_from(const Node& node, std::size_t first, const Graph& graph);

/// Of a BatchNormalization whose parameters are initialisers.
ChannelAffine channel_affine(const Node& norm, const Graph& graph);

}  // namespace espalier
