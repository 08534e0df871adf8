// Convolutions with zeros in their weights, by conv_f32_panel: images are read and written row by row.
#pragma once

#include <vector>

#include "runtime/dense/convolution.h"

namespace espalier::runtime {

/// The sparse ways to compute it.
std::vector<Candidate> sparse_convolution(const Convolution& conv, LayerWeights& weights);

}  // namespace espalier::runtime
