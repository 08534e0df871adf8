// HardSigmoid: y = max(0, min(1, alpha * x + beta)).
#include "train/executor/op.h"

namespace espalier::train::ops_::hard_sigmoid_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const float alpha = node.attribute_float("alpha", 0.2F);
    const float beta = node.attribute_float("beta", 0.5F);
    outputs[0] = at::clamp(inputs[0] * alpha + beta, 0, 1);
}

}  // namespace

extern const TrainOp hard_sigmoid{
    .name = "HardSigmoid", .summary = "at::clamp", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::hard_sigmoid_
