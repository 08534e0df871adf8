// GatherElements: for each position of the indices, the element of x there with its place along an axis
// replaced.
#include "train/executor/indices.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::gather_elements_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t axis = from_front(node.attribute_int("axis", 0), x.dim());
    outputs[0] = at::gather(x, axis, wrapped(inputs[1], x.size(axis), x));
}

}  // namespace

extern const TrainOp gather_elements{.name = "GatherElements", .summary = "at::gather", .forward = forward};

}  // namespace espalier::train::ops_::gather_elements_
