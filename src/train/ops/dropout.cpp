// Dropout: in training x * m / (1 - ratio). The masks of a step are a stream of their own, a function of
// seed, step and node: a run that resumes draws what it would have drawn.
#include <fmt/format.h>

#include "base/random.h"
#include "train/executor/lanes.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::dropout_ {
namespace {

double ratio_of(std::span<const at::Tensor> inputs) {
    const at::Tensor own = optional_input(inputs, 1);
    const double ratio = own.defined() ? own.item<double>() : 0.5;
    if (!(ratio >= 0 && ratio < 1))
        throw InvalidModel(fmt::format("dropout of {}, expected 0 to below 1", ratio));
    return ratio;
}

/// 1 where a value stays, 0 with probability `ratio`.
at::Tensor draw(const Pass& pass, const Node& node, double ratio, const at::Tensor& x) {
    Random random(pass.seed, fmt::format("dropout/{}/{}", node.outputs[0], pass.step));
    at::Tensor mask = at::empty(x.sizes(), at::kFloat);
    const auto bound = static_cast<std::uint32_t>(ratio * 4294967296.0);
    for (float& keep : floats(mask)) keep = random.next_u32() < bound ? 0.0F : 1.0F;
    return as_the_other_lies(mask, x).to(x.options());
}

void forward(const Pass& pass, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const at::Tensor& x = inputs[0];
    const double ratio = ratio_of(inputs);
    const bool drops = pass.training && ratio > 0;
    const at::Tensor mask = drops ? draw(pass, node, ratio, x) : at::Tensor();
    outputs[0] = drops ? x * mask / (1 - ratio) : x;
    if (outputs.size() > 1) outputs[1] = drops ? mask.to(at::kBool) : at::ones_like(x, at::kBool);
}

}  // namespace

extern const TrainOp dropout{
    .name = "Dropout", .summary = "a random mask in training", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::dropout_
