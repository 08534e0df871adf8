// BatchNormalization: a training pass normalises by the batch's own mean and variance and moves the running
// ones, by the unbiased variance as PyTorch does; evaluation normalises by the running ones.
#include <fmt/format.h>

#include "train/executor/op.h"

namespace espalier::train::ops_::batch_normalization_ {
namespace {

void forward(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    if (pass.training && x.numel() <= x.size(1)) {
        throw InvalidArgument(fmt::format(
            "{}: a batch of one value a channel has no variance; take another batch size", describe(node)));
    }
    const double momentum = 1 - static_cast<double>(node.attribute_float("momentum", 0.9F));
    outputs[0] = at::batch_norm(x, inputs[1], inputs[2], inputs[3], inputs[4], pass.training, momentum,
                                node.attribute_float("epsilon", 1e-5F), false);
}

}  // namespace

extern const TrainOp batch_normalization{
    .name = "BatchNormalization", .summary = "at::batch_norm", .forward = forward};

}  // namespace espalier::train::ops_::batch_normalization_
