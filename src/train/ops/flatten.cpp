// Flatten: to a matrix, split at an axis.
#include "train/executor/op.h"

namespace espalier::train::ops_::flatten_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t axis = node.attribute_int("axis", 1);
    std::int64_t rows = 1;
    for (std::int64_t i = 0; i < (axis < 0 ? axis + x.dim() : axis); ++i) rows *= x.size(i);
    outputs[0] = x.reshape({rows, rows == 0 ? 0 : x.numel() / rows});
}

}  // namespace

extern const TrainOp flatten{.name = "Flatten", .summary = "a view", .forward = forward};

}  // namespace espalier::train::ops_::flatten_
