// Convolutions of each channel by itself, by depthwise_f32: images are read and written row by row, as sparse
// layers before and behind them do.
#pragma once

#include <vector>

#include "runtime/dense/convolution.h"

namespace espalier::runtime {

/// Of several groups, each reads one channel.
bool is_depthwise(const Convolution& conv);

/// Ways to compute it: all taps, and those that are not zero where some are.
std::vector<Candidate> depthwise_convolution(const Convolution& conv, LayerWeights& weights);

}  // namespace espalier::runtime
