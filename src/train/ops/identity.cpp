// Identity: the same tensor.
#include "train/executor/op.h"

namespace espalier::train::ops_::identity_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0];
}

}  // namespace

extern const TrainOp identity{
    .name = "Identity", .summary = "a view", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::identity_
