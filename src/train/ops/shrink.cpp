// Shrink: y = x + bias for x < -lambd, x - bias for x > lambd, else 0.
#include "train/executor/op.h"

namespace espalier::train::ops_::shrink_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const float bias = node.attribute_float("bias", 0);
    const float lambda = node.attribute_float("lambd", 0.5F);
    const at::Tensor none = at::zeros({}, x.options());
    outputs[0] = at::where(x < -lambda, x + bias, at::where(x > lambda, x - bias, none));
}

}  // namespace

extern const TrainOp shrink{
    .name = "Shrink", .summary = "at::where", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::shrink_
