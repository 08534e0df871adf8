// OneHot: values[1] where the index is along a new dimension, values[0] elsewhere.
#include "train/executor/op.h"

namespace espalier::train::ops_::one_hot_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const std::int64_t depth = integers(inputs[1]).front();
    const std::int64_t rank = inputs[0].dim() + 1;
    const std::int64_t axis = from_front(node.attribute_int("axis", -1), rank);
    const at::Tensor given = inputs[0].to(inputs[2].device(), at::kLong);
    const at::Tensor places = at::where(given < 0, given + depth, given).unsqueeze(axis);
    std::vector<std::int64_t> shape(static_cast<std::size_t>(rank), 1);
    shape[static_cast<std::size_t>(axis)] = depth;
    const at::Tensor here = places == at::arange(depth, places.options()).reshape(shape);
    outputs[0] = at::where(here, inputs[2].select(0, 1), inputs[2].select(0, 0));
}

}  // namespace

extern const TrainOp one_hot{.name = "OneHot", .summary = "at::where", .forward = forward};

}  // namespace espalier::train::ops_::one_hot_
