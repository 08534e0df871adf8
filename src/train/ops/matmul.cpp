// MatMul: numpy.matmul.
#include "train/executor/op.h"

namespace espalier::train::ops_::matmul_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = at::matmul(inputs[0], inputs[1]);
}

}  // namespace

extern const TrainOp matmul{.name = "MatMul", .summary = "at::matmul", .forward = forward};

}  // namespace espalier::train::ops_::matmul_
