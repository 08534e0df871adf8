// Conv: convolution of images.
#include "train/op.h"
#include "train/window.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& weight = inputs[1];
    const AtenWindow window(Window::of(node, 2, std::vector{weight.size(2), weight.size(3)}), inputs[0]);
    outputs[0] = at::conv2d(pad(window, inputs[0], 0), weight, optional_input(inputs, 2), window.stride,
                            window.pad, window.dilation, node.attribute_int("group", 1));
}

}  // namespace

extern const TrainOp conv{.name = "Conv", .summary = "at::conv2d", .forward = forward};

}  // namespace espalier::train::ops_
