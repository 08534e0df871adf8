// What losses and metrics look at: one row a decision, however a network lays them out.
#pragma once

#include <cstdint>

#include "train/libtorch/torch.h"

namespace espalier::train {

/// Targets i64 [n]: outputs are [n, classes] already. i64 [n, ...]: those of outputs whose axis `class_axis`
/// counts classes, one a row, without positions that have no class. Floating point [n, ...]: outputs take
/// their shape, [n, 1] that of [n] say. Throws InvalidArgument if they do not fit.
at::Tensor output_rows(const at::Tensor& outputs, const at::Tensor& targets, std::int64_t class_axis);
/// Those of the targets.
at::Tensor target_rows(const at::Tensor& targets);

/// Classes as outputs should be, one-hot; numbers as they are.
at::Tensor as_numbers(const at::Tensor& targets, const at::Tensor& outputs);

}  // namespace espalier::train
