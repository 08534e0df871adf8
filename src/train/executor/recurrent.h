// What LSTM, GRU and RNN share, step by step: X [T, B, I] (with layout = 1 [B, T, I]), W [D, G H, I], R [D, G
// H, H], B [D, 2 G H], lengths [B], initial states [D, B, H], for D directions and G gates of H units.
#pragma once

#include <functional>

#include "train/executor/op.h"

namespace espalier::train {

using Activation = std::function<at::Tensor(const at::Tensor&)>;

/// One direction.
struct RecurrentCell {
    at::Tensor w, r, w_bias, r_bias;  // [G H, I], [G H, H], [G H] twice
    at::Tensor peepholes;             // [3 H], or undefined
    std::vector<Activation> activations;
    double clip = 0;  // of what enters an activation; 0: not

    std::int64_t hidden() const { return r.size(1); }
    /// Gate `gate` of [B, G H].
    at::Tensor gate(const at::Tensor& all, std::int64_t gate) const {
        return all.narrow(1, gate * hidden(), hidden());
    }
    at::Tensor activate(std::size_t function, const at::Tensor& x) const {
        return activations[function](clip > 0 ? at::clamp(x, -clip, clip) : x);
    }
};

struct RecurrentForm {
    std::vector<const char*> activations;  // of one direction by default
    std::size_t states = 1;                // h, and c of an LSTM
    /// New states of [B, H] each from W x + bias [B, G H] and the old ones.
    std::function<std::vector<at::Tensor>(const RecurrentCell& cell, const at::Tensor& from_input,
                                          const std::vector<at::Tensor>& states)>
        step;
};

void run_recurrent(const Node& node, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs,
                   const RecurrentForm& form);

}  // namespace espalier::train
