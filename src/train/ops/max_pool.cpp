// MaxPool: largest value under a window.
#include <limits>

#include "train/op.h"
#include "train/window.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const AtenWindow window(Window::of(node, 2), inputs[0]);
    const at::Tensor x = pad(window, inputs[0], -std::numeric_limits<double>::infinity());
    outputs[0] = at::max_pool2d(x, window.kernel, window.stride, window.pad, window.dilation, window.ceil);
}

}  // namespace

extern const TrainOp max_pool{.name = "MaxPool", .summary = "at::max_pool2d", .forward = forward};

}  // namespace espalier::train::ops_
