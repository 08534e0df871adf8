// Div: element-wise quotient with broadcasting; of integers, rounded towards zero.
#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    const bool whole = !inputs[0].is_floating_point();
    outputs[0] = whole ? at::div(inputs[0], inputs[1], "trunc") : inputs[0] / inputs[1];
}

}  // namespace

extern const TrainOp div{.name = "Div", .summary = "at::div", .forward = forward};

}  // namespace espalier::train::ops_
