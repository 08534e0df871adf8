// Mean: the mean of the inputs, with broadcasting.
#include "train/executor/op.h"

namespace espalier::train::ops_::mean_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    at::Tensor sum = inputs[0];
    for (const at::Tensor& input : inputs.subspan(1)) sum = sum + input;
    outputs[0] = sum / static_cast<double>(inputs.size());
}

}  // namespace

extern const TrainOp mean{.name = "Mean", .summary = "at::add and at::div", .forward = forward};

}  // namespace espalier::train::ops_::mean_
