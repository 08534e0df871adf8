// Mean squared distance to the outputs t of the original network, of use without labels and for regression:
//   mean_ij (z_ij - t_ij)^2
#include "train/judging/metric.h"
#include "train/libtorch/torch.h"

namespace espalier::train::metrics_::distance_ {
namespace {

at::Tensor each(const MetricInput& in) {
    return (in.outputs - in.original).square().reshape({in.outputs.size(0), -1}).mean(1);
}

}  // namespace

extern const Metric distance{.name = "distance",
                             .summary = "squared distance of the outputs to those of the original network",
                             .formula = "mean_ij (z_ij - t_ij)^2",
                             .each = each,
                             .is_share = false,
                             .needs_original = true};

}  // namespace espalier::train::metrics_::distance_
