// TopK: the largest or smallest elements along an axis, and where they are; equal ones in the order of their
// places.
#include "train/executor/op.h"

namespace espalier::train::ops_::top_k_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const std::int64_t axis = from_front(node.attribute_int("axis", -1), inputs[0].dim());
    const bool largest = node.attribute_int("largest", 1) != 0;
    const std::int64_t count = integers(inputs[1]).front();
    const auto [values, places] = at::sort(inputs[0], true, axis, largest);
    outputs[0] = values.narrow(axis, 0, count);
    if (outputs.size() > 1) outputs[1] = places.narrow(axis, 0, count);
}

}  // namespace

extern const TrainOp top_k{.name = "TopK", .summary = "at::sort", .forward = forward};

}  // namespace espalier::train::ops_::top_k_
