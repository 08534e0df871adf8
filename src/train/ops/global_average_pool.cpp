// GlobalAveragePool: mean of each channel.
#include "train/executor/op.h"
#include "train/executor/window.h"

namespace espalier::train::ops_::global_average_pool_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0].mean(image_dims(inputs[0]), true);
}

}  // namespace

extern const TrainOp global_average_pool{
    .name = "GlobalAveragePool", .summary = "at::mean", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::global_average_pool_
