// The largest score.
#include <limits>

#include "prune/unit_norm.h"

namespace espalier::prune::unit_norms_ {
namespace {

void add(double* sums, const float* scores, std::int64_t units, std::int64_t width) {
    // A NaN must come through, and does: no comparison with it is true.
    add_with(sums, scores, units, width, [](double sum, double score) { return sum >= score ? sum : score; });
}

double finish(double sum, std::int64_t) { return sum; }

}  // namespace

extern const UnitNorm max{.name = "max",
                          .summary = "the largest score",
                          .formula = "max s",
                          .neutral = -std::numeric_limits<float>::infinity(),
                          .add = add,
                          .finish = finish};

}  // namespace espalier::prune::unit_norms_
