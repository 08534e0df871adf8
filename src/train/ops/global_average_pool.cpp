// GlobalAveragePool: mean of each channel.
#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    std::vector<std::int64_t> axes;
    for (std::int64_t axis = 2; axis < inputs[0].dim(); ++axis) axes.push_back(axis);
    outputs[0] = inputs[0].mean(axes, true);
}

}  // namespace

extern const TrainOp global_average_pool{
    .name = "GlobalAveragePool", .summary = "at::mean", .forward = forward};

}  // namespace espalier::train::ops_
