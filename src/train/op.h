// How the trainer executes an operator: ATen calls, so autograd has the gradient. One file in train/ops each.
#pragma once

#include "base/table.h"
#include "espalier/graph.h"
#include "train/torch.h"

namespace espalier::train {

struct TrainOp {
    std::string_view name;  // ONNX operator
    std::string_view summary;
    /// `outputs` has as many places as the node; an input that is left out is an undefined tensor.
    void (*forward)(const Node& node, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs);
};

const Table<TrainOp>& ops();

}  // namespace espalier::train
