// Reshape: the same elements under another shape; 0 keeps a dimension unless allowzero, -1 takes what is
// left.
#include "train/executor/op.h"

namespace espalier::train::ops_::reshape_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    auto shape = integers(inputs[1]);
    const bool zero_keeps = node.attribute_int("allowzero", 0) == 0;
    for (std::size_t i = 0; zero_keeps && i < shape.size(); ++i) {
        if (shape[i] == 0) shape[i] = x.size(static_cast<std::int64_t>(i));
    }
    outputs[0] = x.reshape(shape);
}

}  // namespace

extern const TrainOp reshape{.name = "Reshape", .summary = "a view where it can be", .forward = forward};

}  // namespace espalier::train::ops_::reshape_
