// Transpose: dimensions in another order, by default reversed.
#include "train/executor/op.h"

namespace espalier::train::ops_::transpose_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    std::vector<std::int64_t> reversed;
    for (std::int64_t axis = inputs[0].dim(); axis-- > 0;) reversed.push_back(axis);
    outputs[0] = inputs[0].permute(node.attribute_ints("perm", reversed));
}

}  // namespace

extern const TrainOp transpose{.name = "Transpose", .summary = "a view", .forward = forward};

}  // namespace espalier::train::ops_::transpose_
