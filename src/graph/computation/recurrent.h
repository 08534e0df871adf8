// What LSTM, GRU and RNN share: shapes, the order of steps, and activation functions. Sequences X [T, B, I]
// (with layout = 1 [B, T, I]), W [D, G H, I], R [D, G H, H], B [D, 2 G H], lengths [B], initial state [D, B,
// H], for D directions and G gates of H units.
#pragma once

#include <functional>

#include "graph/evaluation.h"

namespace espalier {

struct Recurrent {
    std::int64_t gates = 1;
    std::size_t states = 1;                     // outputs behind Y: Y_h, and Y_c of an LSTM
    std::vector<const char*> activations = {};  // of one direction by default

    /// Shape rule.
    void infer(InferContext& context) const;
};

/// W and R of a recurrent node as one matrix [H, inputs] a direction and gate.
std::optional<WeightUse> gate_matrices(std::size_t input, const Shape& shape,
                                       std::span<const std::string_view> gates);

/// A function of one gate.
using Activation = std::function<double(double)>;

/// One direction of a recurrent node, in double.
struct Direction {
    std::int64_t batch = 0, inputs = 0, hidden = 0;
    std::vector<double> w = {}, r = {}, w_bias = {}, r_bias = {};  // [G H, I], [G H, H], [G H] twice
    std::vector<double> peepholes = {};                            // [3 H] or none
    std::vector<Activation> activations = {};
    double clip = 0;  // of what enters an activation; 0: not

    /// W x + bias of row `row` (gate * hidden + unit), for one example.
    double input_sum(std::int64_t row, const double* x) const;
    /// R h + bias.
    double state_sum(std::int64_t row, const double* h) const;
    double activate(std::size_t function, double x) const;
};

/// Computes the new states of one example from its old ones (one pointer each for h and c) and its input.
using RecurrentStep = std::function<void(const Direction& direction, const double* x,
                                         std::vector<std::vector<double>>& states)>;

/// Runs all directions, and sets the outputs.
void run_recurrent(Evaluation& e, const Recurrent& form, const RecurrentStep& step);

}  // namespace espalier
