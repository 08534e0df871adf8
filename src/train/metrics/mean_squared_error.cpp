// Mean squared error, as loss "mean-squared-error" has it; lower is better:
//   mean_ij (z_ij - y_ij)^2
#include "train/judging/metric.h"
#include "train/loop/rows.h"

namespace espalier::train::metrics_::mean_squared_error_ {
namespace {

at::Tensor each(const MetricInput& in) {
    return (in.outputs - as_numbers(in.targets, in.outputs))
        .square()
        .reshape({in.outputs.size(0), -1})
        .mean(1);
}

}  // namespace

extern const Metric mean_squared_error{
    .name = "mean-squared-error",
    .summary = "squared distance of the outputs to the target, or one-hot label",
    .formula = "mean_ij (z_ij - y_ij)^2",
    .each = each,
    .is_share = false};

}  // namespace espalier::train::metrics_::mean_squared_error_
