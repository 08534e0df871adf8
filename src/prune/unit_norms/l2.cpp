// sqrt(sum s^2); with negative scores sgn(t) sqrt(|t|), t = sum s|s|.
#include <cmath>

#include "prune/ranking/unit_norm.h"

namespace espalier::prune::unit_norms_::l2_ {
namespace {

struct SumOfSquares {
    double operator()(double sum, double score) const { return sum + score * std::abs(score); }
    double merge(double a, double b) const { return a + b; }
};

void add(double* sums, const float* scores, std::int64_t units, std::int64_t width) {
    add_with(sums, scores, units, width, 0, SumOfSquares{});
}

void finish(const double* sums, const std::int64_t*, std::span<float> scores) {
    for (std::size_t u = 0; u < scores.size(); ++u) {
        scores[u] = static_cast<float>(std::copysign(std::sqrt(std::abs(sums[u])), sums[u]));
    }
}

}  // namespace

extern const UnitNorm l2{.name = "l2",
                         .summary = "root of the sum of squares",
                         .formula = "sqrt(sum s^2)",
                         .grows_with_size = true,
                         .add = add,
                         .finish = finish};

}  // namespace espalier::prune::unit_norms_::l2_
