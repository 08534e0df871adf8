// Convolutions and products in f16 with zeros anywhere in their weights, by conv_f16_panel: what they read
// and give is f32, row by row.
#pragma once

#include <vector>

#include "runtime/dense/convolution.h"
#include "runtime/dense/fully_connected.h"

namespace espalier::runtime {

/// None where f16 is not asked for.
std::vector<Candidate> f16_convolution(const Convolution& conv, LayerWeights& weights);
std::vector<Candidate> f16_product(LayerWeights& weights, const FullyConnected& product);

}  // namespace espalier::runtime
