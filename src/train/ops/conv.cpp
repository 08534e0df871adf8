// Conv: convolution of images of one to three axes.
#include "train/executor/lanes.h"
#include "train/executor/lanes_conv.h"
#include "train/executor/op.h"
#include "train/executor/window.h"

namespace espalier::train::ops_::conv_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& weight = inputs[1];
    const auto kernel = weight.sizes().slice(2).vec();
    const Window given = Window::of(node, kernel.size(), kernel);
    const std::int64_t groups = node.attribute_int("group", 1);
    if (belongs_in_lanes(inputs[0], weight, given, groups)) {
        outputs[0] = lanes_conv(inputs[0], weight, optional_input(inputs, 2), given);
        return;
    }
    const at::Tensor x = from_lanes(inputs[0]);
    const AtenWindow window(given, x);
    const std::vector<std::int64_t> none(kernel.size(), 0);
    outputs[0] = at::convolution(pad(window, x, 0), weight, optional_input(inputs, 2), window.stride,
                                 window.pad, window.dilation, false, none, groups);
}

}  // namespace

extern const TrainOp conv{.name = "Conv",
                          .summary = "train/executor/lanes_conv.h in lanes, else at::convolution",
                          .takes_lanes = true,
                          .forward = forward};

}  // namespace espalier::train::ops_::conv_
