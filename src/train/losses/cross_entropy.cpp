// Cross-entropy of the softmax with the smoothed labels (Szegedy et al. 2016):
//   q_ij = (1 - s) [j = label(i)] + s / classes,   L = - mean_i sum_j q_ij log softmax(z_i)_j
// over examples i, or over all their positions that have a class.
#include "train/libtorch/torch.h"
#include "train/loss.h"

namespace espalier::train::losses_::cross_entropy_ {
namespace {

at::Tensor compute(const LossInput& in) {
    return at::cross_entropy_loss(in.outputs, in.targets, {}, at::Reduction::Mean, -100,
                                  in.settings.label_smoothing);
}

constexpr ReadKey kReads[] = {{.key = "train.label_smoothing"}};

}  // namespace

extern const Loss cross_entropy{.name = "cross-entropy",
                                .summary = "softmax and negative log-likelihood, with label smoothing",
                                .formula = "- mean_i sum_j q_ij log softmax(z_i)_j",
                                .compute = compute,
                                .targets = TargetKind::classes,
                                .takes_logits = true,
                                .reads = kReads};

}  // namespace espalier::train::losses_::cross_entropy_
