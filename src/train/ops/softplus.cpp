// Softplus: y = log(1 + exp(x)).
#include "train/executor/op.h"

namespace espalier::train::ops_::softplus_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = at::softplus(inputs[0]);
}

}  // namespace

extern const TrainOp softplus{
    .name = "Softplus", .summary = "at::softplus", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::softplus_
