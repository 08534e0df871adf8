// ReduceMean: mean over dimensions, by default all.
#include <numeric>

#include "train/op.h"

namespace espalier::train::ops_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const bool keep = node.attribute_int("keepdims", 1) != 0;
    std::vector<std::int64_t> all(static_cast<std::size_t>(inputs[0].dim()));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    const bool named = node.attributes.contains("axes");
    const auto axes = named ? node.attribute_ints("axes", {}) : all;
    outputs[0] = axes.empty() ? inputs[0] : inputs[0].mean(axes, keep);
}

}  // namespace

extern const TrainOp reduce_mean{.name = "ReduceMean", .summary = "at::mean", .forward = forward};

}  // namespace espalier::train::ops_
