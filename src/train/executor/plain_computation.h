// The graph's plain computation of a node, on ATen's tensors: for what no gradient passes through, as shapes,
// indices and comparisons.
#pragma once

#include <span>
#include <vector>

#include "train/executor/op.h"

namespace espalier::train {

/// Outputs as many as the node has; nothing is recorded for autograd. An input that is left out is undefined.
std::vector<at::Tensor> compute_plainly(const Node& node, std::span<const at::Tensor> inputs);

}  // namespace espalier::train
