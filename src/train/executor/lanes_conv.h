// Dense convolutions on images in lanes (train/executor/lanes.h): 3x3 ones of stride 1 by Winograd's
// algorithm (kernels/conv_winograd_f32), others as products of matrices (kernels/conv_dense_lanes_f32).
#pragma once

#include "graph/spatial/window.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

/// Whether lanes_conv() computes a convolution of `x` by `weight`, and is faster: f32 on the CPU, one group,
/// at least 8 samples, and either 3x3 of stride 1 or an x that lies in lanes already. By a rule from
/// measurements and not by a stopwatch, so that bytes repeat
/// (docs/decisions/2026-11-30-dense-convolutions.md).
bool belongs_in_lanes(const at::Tensor& x, const at::Tensor& weight, const Window& window,
                      std::int64_t groups);

/// Whether a node with a weight of this shape goes by Winograd's algorithm, on images large enough.
bool may_go_by_winograd(const Node& node, const Shape& weight);

/// The convolution of x [n, c, h, w], in lanes, where belongs_in_lanes() is true; differentiable, twice if
/// asked. `bias` may be undefined.
at::Tensor lanes_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      const Window& window);

}  // namespace espalier::train
