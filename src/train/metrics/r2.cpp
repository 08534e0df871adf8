// The coefficient of determination: the share of the targets' variance that the outputs explain, each number
// of an example about its own mean m_j. 1 is all of it; a network that always says the mean has 0, a worse
// one less.
//   R2 = 1 - sum_ij (z_ij - y_ij)^2 / sum_ij (y_ij - m_j)^2
// Of targets that are all the same there is none: NaN.
#include <limits>

#include "train/judging/metric.h"
#include "train/libtorch/torch.h"

namespace espalier::train::metrics_::r2_ {
namespace {

/// The squared errors, then of every number j the sum of y_j and that of its squares.
at::Tensor sums(const MetricInput& in) {
    const at::Tensor y = in.targets.to(at::kDouble).reshape({in.targets.size(0), -1});
    const at::Tensor z = in.outputs.to(at::kDouble).reshape({in.outputs.size(0), -1});
    return at::cat({(z - y).square().sum().reshape({1}), y.sum(0), y.square().sum(0)});
}

double value(std::span<const double> sums, double rows) {
    const std::size_t numbers = sums.size() / 2;
    double variation = 0;
    double squares = 0;
    for (std::size_t j = 1; j <= numbers; ++j) {
        variation += sums[numbers + j] - sums[j] * sums[j] / rows;
        squares += sums[numbers + j];
    }
    constexpr double kRounding = 1e-12;  // of squares that all but cancel
    if (variation <= kRounding * squares) return std::numeric_limits<double>::quiet_NaN();
    return 1 - sums[0] / variation;
}

}  // namespace

extern const Metric r2{.name = "r2",
                       .summary = "share of the targets' variance that the outputs explain",
                       .formula = "1 - sum_ij (z_ij - y_ij)^2 / sum_ij (y_ij - m_j)^2",
                       .sums = sums,
                       .value = value,
                       .targets = TargetKind::numbers};

}  // namespace espalier::train::metrics_::r2_
