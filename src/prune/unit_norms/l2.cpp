// sqrt(sum s^2); with negative scores sgn(t) sqrt(|t|), t = sum s|s|.
#include <cmath>

#include "prune/unit_norm.h"

namespace espalier::prune::unit_norms_ {
namespace {

void add(double* sums, const float* scores, std::int64_t units, std::int64_t width) {
    add_with(sums, scores, units, width,
             [](double sum, double score) { return sum + score * std::abs(score); });
}

double finish(double sum, std::int64_t) { return std::copysign(std::sqrt(std::abs(sum)), sum); }

}  // namespace

extern const UnitNorm l2{.name = "l2",
                         .summary = "root of the sum of squares",
                         .formula = "sqrt(sum s^2)",
                         .add = add,
                         .finish = finish};

}  // namespace espalier::prune::unit_norms_
