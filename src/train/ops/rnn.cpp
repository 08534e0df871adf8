// RNN: h' = f(W x + R h + b).
#include "train/executor/recurrent.h"

namespace espalier::train::ops_::rnn_ {
namespace {

std::vector<at::Tensor> step(const RecurrentCell& cell, const at::Tensor& from_input,
                             const std::vector<at::Tensor>& states) {
    return {cell.activate(0, from_input + at::matmul(states[0], cell.r.t()) + cell.r_bias)};
}

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    run_recurrent(node, inputs, outputs, {.activations = {"Tanh"}, .step = step});
}

}  // namespace

extern const TrainOp rnn{.name = "RNN", .summary = "step by step", .forward = forward};

}  // namespace espalier::train::ops_::rnn_
