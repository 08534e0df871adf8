// Softsign: y = x / (1 + |x|).
#include "train/executor/op.h"

namespace espalier::train::ops_::softsign_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0] / (1 + inputs[0].abs());
}

}  // namespace

extern const TrainOp softsign{
    .name = "Softsign", .summary = "x / (1 + at::abs(x))", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::softsign_
