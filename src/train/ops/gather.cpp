// Gather: the slices of x along an axis that the indices name.
#include "train/executor/indices.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::gather_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t axis = from_front(node.attribute_int("axis", 0), x.dim());
    std::vector<std::int64_t> shape = x.sizes().vec();
    const auto at = shape.erase(shape.begin() + axis);
    shape.insert(at, inputs[1].sizes().begin(), inputs[1].sizes().end());
    const at::Tensor places = wrapped(inputs[1], x.size(axis), x).reshape({-1});
    outputs[0] = x.index_select(axis, places).reshape(shape);
}

}  // namespace

extern const TrainOp gather{.name = "Gather", .summary = "at::index_select", .forward = forward};

}  // namespace espalier::train::ops_::gather_
