// GroupNormalization: groups of channels of each image to mean 0 and variance 1, then each channel scaled.
#include "train/executor/op.h"

namespace espalier::train::ops_::group_normalization_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::group_norm(inputs[0], node.attribute_int("num_groups", 1), inputs[1], inputs[2],
                                node.attribute_float("epsilon", 1e-5F), false);
}

}  // namespace

extern const TrainOp group_normalization{
    .name = "GroupNormalization", .summary = "at::group_norm", .forward = forward};

}  // namespace espalier::train::ops_::group_normalization_
