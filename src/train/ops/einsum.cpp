// Einsum: sums of products by an equation.
#include "train/executor/op.h"

namespace espalier::train::ops_::einsum_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] =
        at::einsum(node.attribute_string("equation", ""), at::TensorList(inputs.data(), inputs.size()));
}

}  // namespace

extern const TrainOp einsum{.name = "Einsum", .summary = "at::einsum", .forward = forward};

}  // namespace espalier::train::ops_::einsum_
