// Convolutions and products in bf16 whose outputs keep the same weights in groups of 16 or 32, by
// conv_bf16_groups.
#pragma once

#include <vector>

#include "runtime/dense/convolution.h"
#include "runtime/dense/fully_connected.h"

namespace espalier::runtime {

/// None where the processor has no bf16, or the weights are in no such groups.
std::vector<Candidate> grouped_convolution(const Convolution& conv, LayerWeights& weights);
std::vector<Candidate> grouped_product(LayerWeights& weights, const FullyConnected& layer);

}  // namespace espalier::runtime
