// A fully connected layer, Z = X W' + b, on several threads: each owns a slice of the outputs, that is, rows
// of W. It reads and writes only those in forward, in the gradient of W, and in the optimiser, so that
// weights never travel from one core's cache to another's (docs/decisions).
#pragma once

#include "train/libtorch/torch.h"

namespace espalier::train {

/// x [n, inputs], w [outputs, inputs], bias [outputs] or undefined -> [n, outputs]. Differentiable, twice if
/// asked. With one thread, or little work, this is at::linear.
at::Tensor linear(const at::Tensor& x, const at::Tensor& w, const at::Tensor& bias);

}  // namespace espalier::train
