// AveragePool: mean under a window.
#include "train/op.h"
#include "train/window.h"

namespace espalier::train::ops_ {
namespace {

/// Sums under the window, of a padded image.
at::Tensor sums(const AtenWindow& window, const at::Tensor& x) {
    return at::avg_pool2d(x, window.kernel, window.stride, {0, 0}, window.ceil, true, 1);
}

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const bool counts_padding = node.attribute_int("count_include_pad", 0) != 0;
    const AtenWindow window(Window::of(node, 2), x);
    if (window.dilation[0] != 1 || window.dilation[1] != 1)
        throw Unsupported(describe(node) + ": AveragePool with dilations cannot be trained");
    if (window.pads_itself) {
        outputs[0] = at::avg_pool2d(x, window.kernel, window.stride, window.pad, window.ceil, counts_padding);
        return;
    }
    const at::Tensor ones = at::ones({1, 1, x.size(2), x.size(3)}, x.options());
    const at::Tensor counts =
        sums(window, counts_padding ? at::ones_like(pad(window, ones, 0)) : pad(window, ones, 0));
    outputs[0] = sums(window, pad(window, x, 0)) / counts;
}

}  // namespace

extern const TrainOp average_pool{.name = "AveragePool", .summary = "at::avg_pool2d", .forward = forward};

}  // namespace espalier::train::ops_
