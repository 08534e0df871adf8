// LayerNormalization: each example to mean 0 and variance 1 over its last dimensions, then scaled.
#include "train/executor/op.h"

namespace espalier::train::ops_::layer_normalization_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t first = from_front(node.attribute_int("axis", -1), x.dim());
    const double epsilon = node.attribute_float("epsilon", 1e-5F);
    outputs[0] = at::layer_norm(x, x.sizes().slice(static_cast<std::size_t>(first)), inputs[1],
                                optional_input(inputs, 2), epsilon);
    if (outputs.size() == 1) return;
    std::vector<std::int64_t> axes;
    for (std::int64_t axis = first; axis < x.dim(); ++axis) axes.push_back(axis);
    outputs[1] = x.mean(axes, true).to(at::kFloat);
    if (outputs.size() > 2) outputs[2] = (x.var(axes, false, true) + epsilon).rsqrt().to(at::kFloat);
}

}  // namespace

extern const TrainOp layer_normalization{
    .name = "LayerNormalization", .summary = "at::layer_norm", .forward = forward};

}  // namespace espalier::train::ops_::layer_normalization_
