// ConvTranspose: the gradient of a Conv to its input: every input position adds its value times the kernel.
#include "graph/spatial/transposed_window.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::conv_transpose_ {
namespace {

// ATen has every output that a kernel reaches; the padding is cut off, or added where it is negative.
void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& weight = inputs[1];
    const auto kernel = weight.sizes().slice(2).vec();
    const auto axes = transposed_window(node, kernel, inputs[0].sizes().slice(2).vec());
    std::vector<std::int64_t> stride;
    std::vector<std::int64_t> dilation;
    for (const TransposedAxis& axis : axes) {
        stride.push_back(axis.window.stride);
        dilation.push_back(axis.window.dilation);
    }
    const std::vector<std::int64_t> none(kernel.size(), 0);
    const at::Tensor full = at::convolution(inputs[0], weight, {}, stride, none, dilation, true, none,
                                            node.attribute_int("group", 1));
    std::vector<std::int64_t> around;
    for (std::size_t i = axes.size(); i-- > 0;) {
        const std::int64_t before = -axes[i].window.pad_begin;
        const std::int64_t size = full.size(static_cast<std::int64_t>(i) + 2);
        around.insert(around.end(), {before, axes[i].size - size - before});
    }
    outputs[0] = at::constant_pad_nd(full, around, 0);
    const at::Tensor bias = optional_input(inputs, 2);
    if (!bias.defined()) return;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(full.dim()) - 1, 1);
    shape[0] = bias.numel();
    outputs[0] = outputs[0] + bias.reshape(shape);
}

}  // namespace

extern const TrainOp conv_transpose{
    .name = "ConvTranspose", .summary = "at::convolution, transposed", .forward = forward};

}  // namespace espalier::train::ops_::conv_transpose_
