// How the trainer executes an operator: ATen calls, so autograd has the gradient. One file in train/ops each.
#pragma once

#include <cstdint>
#include <span>

#include "base/table.h"
#include "espalier/graph.h"
#include "train/libtorch/forward.h"

namespace espalier::train {

/// What a forward pass is for.
struct Pass {
    bool training = false;   // else evaluation: no dropout, running statistics, nothing changes
    std::uint64_t seed = 0;  // of the random numbers of training, with the step and the node's name
    std::int64_t step = 0;
};

struct TrainOp {
    std::string_view name;  // ONNX operator
    std::string_view summary;
    /// Takes images in lanes (train/executor/lanes.h) as they lie; else they come in the usual order.
    bool takes_lanes = false;
    /// `outputs` has as many places as the node; an input that is left out is an undefined tensor.
    void (*forward)(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
                    std::span<at::Tensor> outputs);
    /// The same with the Relu that alone reads output 0, where that takes fewer passes over memory.
    void (*forward_relu)(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
                         std::span<at::Tensor> outputs) = nullptr;
    /// The same with the Add of `addend` that alone reads output 0, and the Relu that alone reads the sum.
    void (*forward_add_relu)(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
                             const at::Tensor& addend, std::span<at::Tensor> outputs) = nullptr;
};

const Table<TrainOp>& ops();

}  // namespace espalier::train
