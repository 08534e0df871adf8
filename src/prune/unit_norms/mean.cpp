// sum of the scores / number of weights left: units of different size compete as equals.
#include "prune/unit_norm.h"

namespace espalier::prune::unit_norms_ {
namespace {

void add(double* sums, const float* scores, std::int64_t units, std::int64_t width) {
    add_with(sums, scores, units, width, [](double sum, double score) { return sum + score; });
}

double finish(double sum, std::int64_t weights) { return sum / static_cast<double>(weights); }

}  // namespace

extern const UnitNorm mean{.name = "mean",
                           .summary = "mean of the scores: units of different size compete as equals",
                           .formula = "sum s / n",
                           .add = add,
                           .finish = finish};

}  // namespace espalier::prune::unit_norms_
