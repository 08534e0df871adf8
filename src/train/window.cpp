#include "train/window.h"

namespace espalier::train {

AtenWindow::AtenWindow(const Window& window, const at::Tensor& x) : ceil(window.ceil) {
    const Window at = window.on(std::array{x.size(2), x.size(3)});
    for (std::size_t i = 0; i < 2; ++i) {
        const WindowAxis& axis = at.axes[i];
        kernel[i] = axis.kernel;
        stride[i] = axis.stride;
        dilation[i] = axis.dilation;
        pad[i] = axis.pad_begin;
        around[2 - 2 * i] = axis.pad_begin;
        around[3 - 2 * i] = axis.pad_end;
        if (axis.pad_begin != axis.pad_end || axis.pad_begin > axis.kernel / 2) pads_itself = false;
    }
    if (pads_itself) around = {};
    if (!pads_itself) pad = {};
}

at::Tensor pad(const AtenWindow& window, const at::Tensor& x, double value) {
    return window.pads_itself ? x : at::constant_pad_nd(x, window.around, value);
}

}  // namespace espalier::train
