// CumSum: sums of all elements so far along an axis, with the element itself or without, from either end.
#include "train/executor/op.h"

namespace espalier::train::ops_::cum_sum_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const std::int64_t axis = from_front(integers(inputs[1]).front(), inputs[0].dim());
    const bool reverse = node.attribute_int("reverse", 0) != 0;
    const at::Tensor x = reverse ? inputs[0].flip(axis) : inputs[0];
    at::Tensor sums = x.cumsum(axis);
    if (node.attribute_int("exclusive", 0) != 0 && x.size(axis) > 0) {
        sums = at::cat({at::zeros_like(x.narrow(axis, 0, 1)), sums.narrow(axis, 0, x.size(axis) - 1)}, axis);
    }
    outputs[0] = reverse ? sums.flip(axis) : sums;
}

}  // namespace

extern const TrainOp cum_sum{.name = "CumSum", .summary = "at::cumsum", .forward = forward};

}  // namespace espalier::train::ops_::cum_sum_
