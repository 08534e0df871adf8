// MaxPool over images in lanes (train/executor/lanes.h), which its output is too: it stays beside sparse
// convolutions without a change of layout, and its gradient meets the others in theirs.
#pragma once

#include "graph/spatial/window.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

/// Whether `x` is in lanes, f32 on the CPU, and the window small enough.
bool has_max_pool(const at::Tensor& x, const Window& window);
/// Values and gradients are those of ATen's.
at::Tensor max_pool(const at::Tensor& x, const Window& window);

}  // namespace espalier::train
