// Cross-entropy of the softmax: L = mean_i( log sum_j exp(z_ij) - z_i,label(i) ).
#include "train/loss.h"

namespace espalier::train::losses_ {
namespace {

at::Tensor compute(const at::Tensor& outputs, const at::Tensor& labels) {
    return at::cross_entropy_loss(outputs, labels);
}

}  // namespace

extern const Loss cross_entropy{
    .name = "cross-entropy", .summary = "softmax and negative log-likelihood", .compute = compute};

}  // namespace espalier::train::losses_
