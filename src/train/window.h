// A node's window in the form that ATen's convolutions and pools take.
#pragma once

#include "graph/window.h"
#include "train/torch.h"

namespace espalier::train {

struct AtenWindow {
    std::array<std::int64_t, 2> kernel;
    std::array<std::int64_t, 2> stride;
    std::array<std::int64_t, 2> dilation;
    std::array<std::int64_t, 2> pad{};  // the same before and behind
    bool ceil = false;

    AtenWindow(const Window& window, const at::Tensor& x);

    /// ATen pads both sides alike, a pool by half its kernel at most; any other padding is added before.
    bool pads_itself = true;
    std::array<std::int64_t, 4> around{};  // left, right, top, bottom, as at::constant_pad_nd takes them
};

/// x with what ATen does not pad itself filled with `value`.
at::Tensor pad(const AtenWindow& window, const at::Tensor& x, double value);

}  // namespace espalier::train
