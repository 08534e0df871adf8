// For the files of train/ops.
#pragma once

#include <cstdint>
#include <vector>

#include "train/executor/op_table.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

/// Input `index`, undefined where it is left out.
inline at::Tensor optional_input(std::span<const at::Tensor> inputs, std::size_t index) {
    return index < inputs.size() ? inputs[index] : at::Tensor();
}

/// The elements of an input of integers, as a shape or axes.
std::vector<std::int64_t> integers(const at::Tensor& input);

/// `axis` of a value of `rank` dimensions, counted from the front.
inline std::int64_t from_front(std::int64_t axis, std::int64_t rank) { return axis < 0 ? axis + rank : axis; }

}  // namespace espalier::train
