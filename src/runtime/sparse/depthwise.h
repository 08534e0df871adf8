// Convolutions of each channel by itself, by depthwise_f32: images are read and written row by row, as sparse
// layers before and behind them do.
#pragma once

#include <vector>

#include "runtime/dense/convolution.h"

namespace espalier::runtime {

/// Of many groups that each read one channel, and make few of it: panels of each would be nearly empty.
bool is_of_many_groups(const Convolution& conv);

/// Ways to compute it where each of several groups reads one channel, else none: all taps, and those that are
/// not zero.
std::vector<Candidate> depthwise_convolution(const Convolution& conv, LayerWeights& weights);

}  // namespace espalier::runtime
