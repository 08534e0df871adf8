// Selu: y = gamma * x for x > 0, gamma * alpha * (exp(x) - 1) below.
#include "train/executor/op.h"

namespace espalier::train::ops_::selu_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const float alpha = node.attribute_float("alpha", 1.67326319217681884765625F);
    const float gamma = node.attribute_float("gamma", 1.05070102214813232421875F);
    outputs[0] = at::elu(inputs[0], alpha, gamma);
}

}  // namespace

extern const TrainOp selu{.name = "Selu", .summary = "at::elu", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::selu_
