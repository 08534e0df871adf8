// Elu: y = x for x >= 0, alpha * (exp(x) - 1) below.
#include "train/executor/op.h"

namespace espalier::train::ops_::elu_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::elu(inputs[0], node.attribute_float("alpha", 1));
}

}  // namespace

extern const TrainOp elu{.name = "Elu", .summary = "at::elu", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::elu_
