// Which slices of a tensor are left in a part of it, told by the values alone: what removed structure need
// not say what it removed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "espalier/tensor.h"

namespace espalier::calibrate {

/// By dimension the indices that are left, ascending: part[i, j, ...] = whole[kept[0][i], kept[1][j], ...].
/// Nothing unless these are the only ones: tensors of other types than f32 or other ranks, values that are
/// not of the whole, and values that repeat too often to tell (as of a constant tensor).
std::optional<std::vector<std::vector<std::int64_t>>> kept_slices(const Tensor& whole, const Tensor& part);

}  // namespace espalier::calibrate
