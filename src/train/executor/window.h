// A node's window over an image of one to three axes, in the form that ATen's convolutions and pools take.
#pragma once

#include "graph/spatial/window.h"
#include "kernels/conv_f32_panel/conv_shape.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

struct AtenWindow {
    std::vector<std::int64_t> kernel;
    std::vector<std::int64_t> stride;
    std::vector<std::int64_t> dilation;
    std::vector<std::int64_t> pad;  // the same before and behind
    bool ceil = false;

    AtenWindow(const Window& window, const at::Tensor& x);
    /// ATen pads both sides alike, a pool by half its kernel at most; any other padding is added before.
    bool pads_itself = true;
    std::vector<std::int64_t>
        around;  // from the last axis: before, behind, as at::constant_pad_nd takes them
    std::vector<std::int64_t> beyond;  // the same, with what `ceil` lets the last window reach over
};

/// Axes of the images in x, [N, C, ...].
inline std::size_t image_axes(const at::Tensor& x) { return static_cast<std::size_t>(x.dim() - 2); }
/// Their dimensions in x.
std::vector<std::int64_t> image_dims(const at::Tensor& x);

/// x with what ATen does not pad itself filled with `value`.
at::Tensor pad(const AtenWindow& window, const at::Tensor& x, double value);

/// The sizes of a convolution of x [n, c, h, w] with `outputs` filters under `window`, as kernels take them
/// that have the batch in lanes: of one image. That x has the channels of the weight is the caller's to know.
kernels::ConvShape conv_shape(const Window& window, const at::Tensor& x, std::int64_t groups,
                              std::int64_t outputs);

}  // namespace espalier::train
