// Dense 3x3 convolutions by Winograd's algorithm on images in lanes (kernels/conv_winograd_f32).
#pragma once

#include "graph/spatial/window.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

/// Whether winograd_conv() computes a convolution of `x` with `weight` under `window`, of this image's size,
/// and is faster: by a rule from measurements and not by a stopwatch, so that bytes repeat.
bool has_winograd(const at::Tensor& x, const at::Tensor& weight, const Window& window, std::int64_t groups);

/// The convolution of x [n, c, h, w], in lanes (train/executor/lanes.h); differentiable, twice if asked.
/// `bias` may be undefined.
at::Tensor winograd_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                         const Window& window);

}  // namespace espalier::train
