// Agreement with the original network, whose outputs are t:
//   mean_i [argmax_j z_ij = argmax_j t_ij]
#include "train/judging/metric.h"
#include "train/libtorch/torch.h"

namespace espalier::train::metrics_::agreement_ {
namespace {

at::Tensor each(const MetricInput& in) {
    return in.outputs.argmax(1).eq(in.original.argmax(1)).to(at::kFloat);
}

}  // namespace

extern const Metric agreement{
    .name = "agreement",
    .summary = "share of examples that the network and the original one put in the same class",
    .formula = "mean_i [argmax_j z_ij = argmax_j t_ij]",
    .each = each,
    .targets = TargetKind::classes,
    .needs_original = true};

}  // namespace espalier::train::metrics_::agreement_
