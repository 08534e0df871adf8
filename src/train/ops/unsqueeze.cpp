// Unsqueeze: with dimensions of size 1 at the places of the output that are named.
#include <algorithm>

#include "train/executor/op.h"

namespace espalier::train::ops_::unsqueeze_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    auto axes = integers(inputs[1]);
    for (std::int64_t& axis : axes) axis = from_front(axis, inputs[0].dim() + std::ssize(axes));
    std::ranges::sort(axes);
    outputs[0] = inputs[0];
    for (const std::int64_t axis : axes) outputs[0] = outputs[0].unsqueeze(axis);
}

}  // namespace

extern const TrainOp unsqueeze{.name = "Unsqueeze", .summary = "a view", .forward = forward};

}  // namespace espalier::train::ops_::unsqueeze_
