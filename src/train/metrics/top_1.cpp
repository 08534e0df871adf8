// Top-1 accuracy:
//   mean_i [argmax_j z_ij = label(i)]
#include "train/judging/metric.h"
#include "train/libtorch/torch.h"

namespace espalier::train::metrics_::top_1_ {
namespace {

at::Tensor each(const MetricInput& in) { return in.outputs.argmax(1).eq(in.targets).to(at::kFloat); }

}  // namespace

extern const Metric top_1{.name = "top-1",
                          .summary = "share of examples whose greatest output is that of their class",
                          .formula = "mean_i [argmax_j z_ij = label(i)]",
                          .each = each,
                          .targets = TargetKind::classes};

}  // namespace espalier::train::metrics_::top_1_
