// Squeeze: without dimensions of size 1: those that are named, or all.
#include "train/executor/op.h"

namespace espalier::train::ops_::squeeze_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const at::Tensor given = optional_input(inputs, 1);
    std::vector<bool> gone(static_cast<std::size_t>(x.dim()), false);
    for (std::int64_t i = 0; i < x.dim(); ++i)
        gone[static_cast<std::size_t>(i)] = !given.defined() && x.size(i) == 1;
    for (const std::int64_t axis : given.defined() ? integers(given) : std::vector<std::int64_t>())
        gone[static_cast<std::size_t>(from_front(axis, x.dim()))] = true;
    std::vector<std::int64_t> shape;
    for (std::int64_t i = 0; i < x.dim(); ++i) {
        if (!gone[static_cast<std::size_t>(i)]) shape.push_back(x.size(i));
    }
    outputs[0] = x.reshape(shape);
}

}  // namespace

extern const TrainOp squeeze{.name = "Squeeze", .summary = "a view", .forward = forward};

}  // namespace espalier::train::ops_::squeeze_
