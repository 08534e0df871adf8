// Where: a where the condition holds, b elsewhere, with broadcasting.
#include "train/executor/op.h"

namespace espalier::train::ops_::where_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = at::where(inputs[0].to(inputs[1].device()), inputs[1], inputs[2]);
}

}  // namespace

extern const TrainOp where{.name = "Where", .summary = "at::where", .forward = forward};

}  // namespace espalier::train::ops_::where_
