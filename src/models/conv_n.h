// The small VGGs of Frankle & Carbin 2019, "The Lottery Ticket Hypothesis": pairs of 3x3 convolutions with
// ReLU, 64, 128 and 256 kernels, a 2x2 max-pool after each pair, then 256, 256 and `classes` units. Conv-2,
// Conv-4 and Conv-6 have one, two and three pairs.
#pragma once

#include "models/model.h"

namespace espalier::models {

Graph conv_n(const Options& options, int pairs);

}  // namespace espalier::models
