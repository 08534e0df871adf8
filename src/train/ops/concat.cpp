// Concat: the inputs behind each other along an axis.
#include "train/executor/op.h"

namespace espalier::train::ops_::concat_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const std::int64_t axis = from_front(node.attribute_int("axis", 0), inputs[0].dim());
    outputs[0] = at::cat(at::TensorList(inputs.data(), inputs.size()), axis);
}

}  // namespace

extern const TrainOp concat{.name = "Concat", .summary = "at::cat", .forward = forward};

}  // namespace espalier::train::ops_::concat_
