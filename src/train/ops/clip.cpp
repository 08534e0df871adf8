// Clip: bounded below and above.
#include "train/executor/op.h"

namespace espalier::train::ops_::clip_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    const auto bound = [&](std::size_t index) -> c10::optional<at::Scalar> {
        const at::Tensor given = optional_input(inputs, index);
        if (!given.defined()) return {};
        return given.item();
    };
    const auto low = bound(1);
    const auto high = bound(2);
    outputs[0] = low || high ? at::clamp(inputs[0], low, high) : inputs[0];
}

}  // namespace

extern const TrainOp clip{.name = "Clip", .summary = "at::clamp", .takes_lanes = true, .forward = forward};

}  // namespace espalier::train::ops_::clip_
