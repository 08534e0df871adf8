// Top-5 accuracy, in the reading that gives ties to the label:
//   mean_i [#{j : z_ij > z_i,label(i)} < 5]
#include "train/judging/metric.h"
#include "train/libtorch/torch.h"

namespace espalier::train::metrics_::top_5_ {
namespace {

at::Tensor each(const MetricInput& in) {
    const at::Tensor own = in.outputs.gather(1, in.targets.unsqueeze(1));
    return in.outputs.gt(own).sum(1).lt(5).to(at::kFloat);
}

}  // namespace

extern const Metric top_5{.name = "top-5",
                          .summary = "share of examples whose class is among the five greatest outputs",
                          .formula = "mean_i [#{j : z_ij > z_i,label(i)} < 5]",
                          .each = each,
                          .targets = TargetKind::classes};

}  // namespace espalier::train::metrics_::top_5_
