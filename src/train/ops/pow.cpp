// Pow: a^b with broadcasting, of a's type; b may be of another.
#include "train/executor/op.h"

namespace espalier::train::ops_::pow_ {
namespace {

void forward(const Pass&, const Node&, std::span<const at::Tensor> inputs, std::span<at::Tensor> outputs) {
    const at::Tensor& base = inputs[0];
    const at::Tensor& exponent = inputs[1];
    // One exponent for all, as squares mostly are, is much faster as a number.
    const bool number = exponent.numel() == 1 && exponent.dim() <= base.dim() && !exponent.requires_grad();
    const at::Tensor power =
        number ? at::pow(base, exponent.item()) : at::pow(base, exponent.to(base.options()));
    outputs[0] = power.to(base.scalar_type());
}

}  // namespace

extern const TrainOp pow{.name = "Pow", .summary = "at::pow", .forward = forward};

}  // namespace espalier::train::ops_::pow_
