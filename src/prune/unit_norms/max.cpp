// The largest score.
#include <limits>

#include "prune/ranking/unit_norm.h"

namespace espalier::prune::unit_norms_::max_ {
namespace {

constexpr float kNeutral = -std::numeric_limits<float>::infinity();

struct Max {
    // A NaN must come through, and does: no comparison with it is true. Nothing but NaN follows it.
    double operator()(double sum, double score) const { return sum >= score || sum != sum ? sum : score; }
    double merge(double a, double b) const { return (*this)(a, b); }
};

void add(double* sums, const float* scores, std::int64_t units, std::int64_t width) {
    add_with(sums, scores, units, width, static_cast<double>(kNeutral), Max{});
}

}  // namespace

extern const UnitNorm max{.name = "max",
                          .summary = "the largest score",
                          .formula = "max s",
                          .neutral = kNeutral,
                          .add = add,
                          .finish = finish_sums};

}  // namespace espalier::prune::unit_norms_::max_
