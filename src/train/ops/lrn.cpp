// LRN: y = x / (bias + alpha / size * sum of x^2 over `size` neighbouring channels)^beta.
#include "train/executor/op.h"

namespace espalier::train::ops_::lrn_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const std::int64_t size = node.attribute_int("size", 1);
    std::vector<std::int64_t> around(static_cast<std::size_t>(2 * x.dim() - 2), 0);
    around[around.size() - 2] = (size - 1) / 2;
    around[around.size() - 1] = size / 2;
    const at::Tensor squares = at::constant_pad_nd(x * x, around, 0);
    at::Tensor sum = squares.narrow(1, 0, x.size(1));
    for (std::int64_t i = 1; i < size; ++i) sum = sum + squares.narrow(1, i, x.size(1));
    const double alpha =
        static_cast<double>(node.attribute_float("alpha", 1e-4F)) / static_cast<double>(size);
    outputs[0] =
        x / at::pow(sum * alpha + node.attribute_float("bias", 1), node.attribute_float("beta", 0.75F));
}

}  // namespace

extern const TrainOp lrn{.name = "LRN", .summary = "by sums over slices of channels", .forward = forward};

}  // namespace espalier::train::ops_::lrn_
