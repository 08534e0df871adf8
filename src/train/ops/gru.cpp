// GRU, gates z, r, h (formulas in graph/ops/gru.cpp).
#include "train/executor/recurrent.h"

namespace espalier::train::ops_::gru_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const bool linear_first = node.attribute_int("linear_before_reset", 0) != 0;
    const auto step = [linear_first](const RecurrentCell& cell, const at::Tensor& from_input,
                                     const std::vector<at::Tensor>& states) -> std::vector<at::Tensor> {
        const at::Tensor& h = states[0];
        const at::Tensor sums = at::matmul(h, cell.r.t()) + cell.r_bias;
        const auto both = [&](std::int64_t gate) {
            return cell.gate(from_input, gate) + cell.gate(sums, gate);
        };
        const at::Tensor z = cell.activate(0, both(0));
        const at::Tensor reset = cell.activate(0, both(1));
        const std::int64_t rows = 2 * cell.hidden();
        const at::Tensor state = linear_first
                                     ? reset * cell.gate(sums, 2)
                                     : at::matmul(reset * h, cell.r.narrow(0, rows, cell.hidden()).t()) +
                                           cell.r_bias.narrow(0, rows, cell.hidden());
        const at::Tensor n = cell.activate(1, cell.gate(from_input, 2) + state);
        return {(1 - z) * n + z * h};
    };
    run_recurrent(node, inputs, outputs, {.activations = {"Sigmoid", "Tanh"}, .step = step});
}

}  // namespace

extern const TrainOp gru{.name = "GRU", .summary = "step by step", .forward = forward};

}  // namespace espalier::train::ops_::gru_
