// Images [n, c, h, w] whose batch lies innermost in memory, [c][h][w][n]: a tensor of the usual shape with
// other strides, which ATen's element-wise operators keep.
#pragma once

#include "train/libtorch/torch.h"

namespace espalier::train {

bool is_in_lanes(const at::Tensor& x);
/// x [n, c, h, w] itself, or a copy in lanes. Differentiable, as are the others.
at::Tensor to_lanes(const at::Tensor& x);
/// x itself, or if it is in lanes a copy in the order of its dimensions.
at::Tensor from_lanes(const at::Tensor& x);
/// x, in lanes if `other` is and both are images of one size.
at::Tensor as_the_other_lies(const at::Tensor& x, const at::Tensor& other);
/// New images in lanes, unwritten.
at::Tensor empty_in_lanes(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w,
                          const at::TensorOptions& options);

}  // namespace espalier::train
