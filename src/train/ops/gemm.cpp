// Gemm: alpha * A' * B' + beta * C. The fully connected form (transB, alpha = beta = 1) is
// train/executor/linear.h.
#include "train/executor/linear.h"
#include "train/executor/op.h"

namespace espalier::train::ops_::gemm_ {
namespace {

void forward(const Pass&, const Node& node, std::span<const at::Tensor> inputs,
             std::span<at::Tensor> outputs) {
    const bool trans_a = node.attribute_int("transA", 0) != 0;
    const bool trans_b = node.attribute_int("transB", 0) != 0;
    const float alpha = node.attribute_float("alpha", 1);
    const float beta = node.attribute_float("beta", 1);
    const at::Tensor bias = inputs.size() > 2 ? inputs[2] : at::Tensor();
    const bool row_bias = !bias.defined() || bias.dim() == 1;
    if (!trans_a && trans_b && alpha == 1 && beta == 1 && row_bias) {
        outputs[0] = linear(inputs[0], inputs[1], bias);
        return;
    }
    const at::Tensor a = trans_a ? inputs[0].t() : inputs[0];
    const at::Tensor b = trans_b ? inputs[1].t() : inputs[1];
    outputs[0] = bias.defined() ? at::addmm(bias, a, b, beta, alpha) : at::mm(a, b) * alpha;
}

}  // namespace

extern const TrainOp gemm{
    .name = "Gemm", .summary = "fully connected layers, or at::addmm", .forward = forward};

}  // namespace espalier::train::ops_::gemm_
