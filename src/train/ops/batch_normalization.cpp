// BatchNormalization: a training pass normalises by the batch's own mean and variance and moves the running
// ones, by the unbiased variance as PyTorch does; evaluation normalises by the running ones.
#include <fmt/format.h>

#include "train/executor/batch_norm.h"
#include "train/executor/lanes.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::batch_normalization_ {
namespace {

/// By the running statistics, in lanes, for which ATen would change the layout.
at::Tensor evaluate(std::span<const at::Tensor> inputs, double epsilon) {
    const std::vector<std::int64_t> shape = {1, inputs[0].size(1), 1, 1};
    const at::Tensor scale = inputs[1] * at::rsqrt(inputs[4] + epsilon);
    return at::addcmul((inputs[2] - inputs[3] * scale).view(shape), inputs[0], scale.view(shape));
}

void compute(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs, bool relu, const at::Tensor& addend = {}) {
    const at::Tensor& x = inputs[0];
    if (pass.training && x.numel() <= x.size(1)) {
        throw InvalidArgument(fmt::format(
            "{}: a batch of one value a channel has no variance; take another batch size", describe(node)));
    }
    const double momentum = 1 - static_cast<double>(node.attribute_float("momentum", 0.9F));
    const double epsilon = node.attribute_float("epsilon", 1e-5F);
    const bool alike = addend.defined() && addend.sizes() == x.sizes() && addend.scalar_type() == at::kFloat;
    if (pass.training && has_batch_norm(x) && (alike || !addend.defined())) {
        outputs[0] =
            batch_norm(x, inputs[1], inputs[2], inputs[3], inputs[4], {momentum, epsilon, relu, addend});
        return;
    }
    if (addend.defined()) {
        compute(pass, node, inputs, outputs, false);
        outputs[0] = outputs[0] + as_the_other_lies(addend, outputs[0]);
    } else {
        outputs[0] = !pass.training && is_in_lanes(x)
                         ? evaluate(inputs, epsilon)
                         : at::batch_norm(x, inputs[1], inputs[2], inputs[3], inputs[4], pass.training,
                                          momentum, epsilon, false);
    }
    if (relu) outputs[0] = at::relu(outputs[0]);
}

void forward(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    compute(pass, node, inputs, outputs, false);
}

void forward_relu(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
                  std::span<at::Tensor> outputs) {
    compute(pass, node, inputs, outputs, true);
}

void forward_add_relu(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
                      const at::Tensor& addend, std::span<at::Tensor> outputs) {
    compute(pass, node, inputs, outputs, true, addend);
}

}  // namespace

extern const TrainOp batch_normalization{
    .name = "BatchNormalization",
    .summary = "train/executor/batch_norm.h in training, else at::batch_norm",
    .takes_lanes = true,
    .forward = forward,
    .forward_relu = forward_relu,
    .forward_add_relu = forward_add_relu};

}  // namespace espalier::train::ops_::batch_normalization_
