// GlobalMaxPool: largest value of each channel; equal ones share its gradient.
#include "train/executor/op.h"
#include "train/executor/window.h"

namespace espalier::train::ops_::global_max_pool_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = at::amax(inputs[0], image_dims(inputs[0]), true);
}

}  // namespace

extern const TrainOp global_max_pool{
    .name = "GlobalMaxPool", .summary = "at::amax", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::global_max_pool_
