// Celu: y = max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0).
#include "train/executor/op.h"

namespace espalier::train::ops_::celu_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::celu(inputs[0], node.attribute_float("alpha", 1));
}

}  // namespace

extern const TrainOp celu{.name = "Celu", .summary = "at::celu", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::celu_
