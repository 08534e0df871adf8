// Forward functions of element-wise operators, from the ATen function that computes them.
#pragma once

#include "train/executor/lanes.h"
#include "train/executor/op.h"

namespace espalier::train {

/// y = F(x).
template <at::Tensor (*F)(const at::Tensor&)>
void unary(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = F(inputs[0]);
}

/// y = F(a, b), with broadcasting.
template <at::Tensor (*F)(const at::Tensor&, const at::Tensor&)>
void binary(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    const at::Tensor a = as_the_other_lies(inputs[0], inputs[1]);
    outputs[0] = F(a, as_the_other_lies(inputs[1], a));
}

/// y = F(F(F(a, b), c), ...), with broadcasting.
template <at::Tensor (*F)(const at::Tensor&, const at::Tensor&)>
void variadic(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    outputs[0] = inputs[0];
    for (const at::Tensor& input : inputs.subspan(1)) {
        const at::Tensor sum = as_the_other_lies(outputs[0], input);
        outputs[0] = F(sum, as_the_other_lies(input, sum));
    }
}

}  // namespace espalier::train
