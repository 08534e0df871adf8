// Softmax and LogSoftmax along one axis: y = e^(x - max) / sum of e^(x - max), and its logarithm.
#pragma once

#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

enum class SoftmaxKind : unsigned char { plain, logarithm };

/// Along the last axis by oneDNN; along any other its plain code takes ten times as long as these loops,
/// which go over neighbours side by side.
std::vector<Candidate> softmax(const LoweringContext& site, SoftmaxKind kind);

}  // namespace espalier::runtime
