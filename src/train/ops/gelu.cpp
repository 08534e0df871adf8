// Gelu: y = x / 2 * (1 + erf(x / sqrt 2)), or its form with tanh.
#include "train/executor/op.h"

namespace espalier::train::ops_::gelu_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::gelu(inputs[0], node.attribute_string("approximate", "none"));
}

}  // namespace

extern const TrainOp gelu{.name = "Gelu", .summary = "at::gelu", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::gelu_
