// ScatterElements: x with each update put, along an axis, to the place that the index at its position names.
#include "train/executor/indices.h"
#include "train/executor/op.h"
#include "train/executor/scatter.h"

namespace espalier::train::ops_::scatter_elements_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t axis = from_front(node.attribute_int("axis", 0), x.dim());
    outputs[0] = scattered(node, x, axis, wrapped(inputs[1], x.size(axis), x), inputs[2]);
}

}  // namespace

extern const TrainOp scatter_elements{
    .name = "ScatterElements", .summary = "at::scatter", .forward = forward};

}  // namespace espalier::train::ops_::scatter_elements_
