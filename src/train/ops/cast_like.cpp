// CastLike: the same numbers in the type of another value.
#include "train/executor/op.h"

namespace espalier::train::ops_::cast_like_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0].to(inputs[1].scalar_type());
}

}  // namespace

extern const TrainOp cast_like{
    .name = "CastLike", .summary = "at::Tensor::to", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::cast_like_
