// LSTM, gates i, o, f, c with peepholes P (formulas in graph/ops/lstm.cpp).
#include "train/executor/recurrent.h"

namespace espalier::train::ops_::lstm_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const bool coupled = node.attribute_int("input_forget", 0) != 0;
    const auto step = [coupled](const RecurrentCell& cell, const at::Tensor& from_input,
                                const std::vector<at::Tensor>& states) -> std::vector<at::Tensor> {
        const at::Tensor sums = from_input + at::matmul(states[0], cell.r.t()) + cell.r_bias;
        const auto gate = [&](std::int64_t index, const at::Tensor& c) {
            const at::Tensor sum = cell.gate(sums, index);
            if (!cell.peepholes.defined()) return sum;
            return sum + cell.peepholes.narrow(0, index * cell.hidden(), cell.hidden()) * c;
        };
        const at::Tensor in = cell.activate(0, gate(0, states[1]));
        const at::Tensor forget = coupled ? 1 - in : cell.activate(0, gate(2, states[1]));
        const at::Tensor c = forget * states[1] + in * cell.activate(1, cell.gate(sums, 3));
        return {cell.activate(0, gate(1, c)) * cell.activations[2](c), c};
    };
    run_recurrent(node, inputs, outputs,
                  {.activations = {"Sigmoid", "Tanh", "Tanh"}, .states = 2, .step = step});
}

}  // namespace

extern const TrainOp lstm{.name = "LSTM", .summary = "step by step", .forward = forward};

}  // namespace espalier::train::ops_::lstm_
