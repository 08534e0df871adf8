// Relu: max(x, 0).
#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = at::relu(inputs[0]);
}

}  // namespace

extern const TrainOp relu{.name = "Relu", .summary = "at::relu", .forward = forward};

}  // namespace espalier::train::ops_
