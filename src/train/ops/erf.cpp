// Erf: error function.
#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = at::erf(inputs[0]);
}

}  // namespace

extern const TrainOp erf{.name = "Erf", .summary = "at::erf", .forward = forward};

}  // namespace espalier::train::ops_
