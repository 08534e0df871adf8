// sum of the scores / number of weights left: units of different size compete as equals.
#include "prune/ranking/unit_norm.h"

namespace espalier::prune::unit_norms_::mean_ {
namespace {

void add(double* sums, const float* scores, std::int64_t units, std::int64_t width) {
    add_with(sums, scores, units, width, 0, Sum{});
}

void finish(const double* sums, const std::int64_t* weights, std::span<float> scores) {
    for (std::size_t u = 0; u < scores.size(); ++u) {
        scores[u] = static_cast<float>(sums[u] / static_cast<double>(weights[u]));
    }
}

}  // namespace

extern const UnitNorm mean{.name = "mean",
                           .summary = "mean of the scores: units of different size compete as equals",
                           .formula = "sum s / n",
                           .add = add,
                           .finish = finish};

}  // namespace espalier::prune::unit_norms_::mean_
