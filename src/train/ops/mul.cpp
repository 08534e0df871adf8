// Mul: element-wise product with broadcasting.
#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0] * inputs[1];
}

}  // namespace

extern const TrainOp mul{.name = "Mul", .summary = "at::mul", .forward = forward};

}  // namespace espalier::train::ops_
