// Mean squared error against one-hot labels, as loss "mean-squared-error" has it:
//   mean_ij (z_ij - [j = label(i)])^2
#include "train/libtorch/torch.h"
#include "train/loop/metric.h"

namespace espalier::train::metrics_::mean_squared_error_ {
namespace {

at::Tensor each(const MetricInput& in) {
    const at::Tensor target = at::one_hot(in.labels, in.outputs.size(1)).to(in.outputs.scalar_type());
    return (in.outputs - target).square().mean(1);
}

}  // namespace

extern const Metric mean_squared_error{.name = "mean-squared-error",
                                       .summary = "squared distance of the outputs to the one-hot label",
                                       .formula = "mean_ij (z_ij - [j = label(i)])^2",
                                       .each = each,
                                       .is_share = false};

}  // namespace espalier::train::metrics_::mean_squared_error_
