// InstanceNormalization: each channel of each image to mean 0 and variance 1, then scaled.
#include "train/executor/op.h"

namespace espalier::train::ops_::instance_normalization_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    outputs[0] = at::instance_norm(inputs[0], inputs[1], inputs[2], {}, {}, true, 0,
                                   node.attribute_float("epsilon", 1e-5F), false);
}

}  // namespace

extern const TrainOp instance_normalization{
    .name = "InstanceNormalization", .summary = "at::instance_norm", .forward = forward};

}  // namespace espalier::train::ops_::instance_normalization_
