// LeakyRelu: y = x for x >= 0, alpha * x below.
#include "train/executor/op.h"

namespace espalier::train::ops_::leaky_relu_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::leaky_relu(inputs[0], node.attribute_float("alpha", 0.01F));
}

}  // namespace

extern const TrainOp leaky_relu{
    .name = "LeakyRelu", .summary = "at::leaky_relu", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::leaky_relu_
