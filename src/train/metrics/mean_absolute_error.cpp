// Mean absolute error, as loss "mean-absolute-error" has it; lower is better:
//   mean_ij |z_ij - y_ij|
#include "train/judging/metric.h"
#include "train/loop/rows.h"

namespace espalier::train::metrics_::mean_absolute_error_ {
namespace {

at::Tensor each(const MetricInput& in) {
    return (in.outputs - as_numbers(in.targets, in.outputs)).abs().reshape({in.outputs.size(0), -1}).mean(1);
}

}  // namespace

extern const Metric mean_absolute_error{.name = "mean-absolute-error",
                                        .summary = "distance of the outputs to the target, or one-hot label",
                                        .formula = "mean_ij |z_ij - y_ij|",
                                        .each = each,
                                        .is_share = false};

}  // namespace espalier::train::metrics_::mean_absolute_error_
