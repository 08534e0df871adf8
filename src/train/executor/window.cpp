#include "train/executor/window.h"

#include <algorithm>

namespace espalier::train {

AtenWindow::AtenWindow(const Window& window, const at::Tensor& x) : ceil(window.ceil) {
    const auto image = x.sizes().slice(2);
    const Window at = window.on({image.data(), image.size()});
    for (const WindowAxis& axis : at.axes) {
        kernel.push_back(axis.kernel);
        stride.push_back(axis.stride);
        dilation.push_back(axis.dilation);
        pad.push_back(axis.pad_begin);
        if (axis.pad_begin != axis.pad_end || axis.pad_begin > axis.kernel / 2) pads_itself = false;
    }
    for (std::size_t i = at.axes.size(); i-- > 0;) {
        const WindowAxis& axis = at.axes[i];
        const std::int64_t reach = (at.placements(i, image[i]) - 1) * axis.stride + axis.extent();
        around.insert(around.end(), {axis.pad_begin, axis.pad_end});
        beyond.insert(beyond.end(),
                      {axis.pad_begin, std::max(axis.pad_end, reach - image[i] - axis.pad_begin)});
    }
    if (!pads_itself) std::ranges::fill(pad, 0);
}

std::vector<std::int64_t> image_dims(const at::Tensor& x) {
    std::vector<std::int64_t> dims;
    for (std::int64_t dim = 2; dim < x.dim(); ++dim) dims.push_back(dim);
    return dims;
}

at::Tensor pad(const AtenWindow& window, const at::Tensor& x, double value) {
    return window.pads_itself ? x : at::constant_pad_nd(x, window.around, value);
}

kernels::ConvShape conv_shape(const Window& window, const at::Tensor& x, std::int64_t groups,
                              std::int64_t outputs) {
    const auto image = x.sizes().slice(2);
    const Window on = window.on({image.data(), image.size()});
    kernels::ConvShape shape{.images = 1,
                             .groups = groups,
                             .channels = x.size(1) / groups,
                             .outputs = outputs / groups,
                             .input = {1, image[0], image[1]}};
    for (std::size_t i = 0; i < 2; ++i) {
        const WindowAxis& axis = on.axes[i];
        shape.output[i + 1] = on.placements(i, image[i]);
        shape.kernel[i + 1] = axis.kernel;
        shape.stride[i + 1] = axis.stride;
        shape.dilation[i + 1] = axis.dilation;
        shape.pad[i + 1] = axis.pad_begin;
    }
    return shape;
}

}  // namespace espalier::train
