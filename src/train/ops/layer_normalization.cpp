// LayerNormalization: each example to mean 0 and variance 1 over its last dimensions, then scaled.
#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const std::int64_t axis = node.attribute_int("axis", -1);
    const std::int64_t first = axis < 0 ? axis + inputs[0].dim() : axis;
    outputs[0] = at::layer_norm(inputs[0], inputs[0].sizes().slice(static_cast<std::size_t>(first)),
                                inputs[1], optional_input(inputs, 2), node.attribute_float("epsilon", 1e-5F));
}

}  // namespace

extern const TrainOp layer_normalization{
    .name = "LayerNormalization", .summary = "at::layer_norm", .forward = forward};

}  // namespace espalier::train::ops_
