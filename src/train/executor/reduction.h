// What the Reduce operators go over: `axes`, an attribute or input 1, by default all.
#pragma once

#include "train/executor/op.h"

namespace espalier::train {

struct AtenReduction {
    std::vector<std::int64_t> axes;  // counted from the front; none: each element is an output of its own
    bool keep = true;                // reduced dimensions stay as 1

    AtenReduction(const Node& node, std::span<const at::Tensor> inputs);
};

/// y = F(x, axes, keep).
template <at::Tensor (*F)(const at::Tensor&, const AtenReduction&)>
void reduction(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
               std::span<at::Tensor> outputs) {
    outputs[0] = F(inputs[0], AtenReduction(node, inputs));
}

/// The sum, which ATen takes over all where no axes are given.
at::Tensor sum_over(const at::Tensor& x, const AtenReduction& over);

}  // namespace espalier::train
