// score = |w|
// Han et al. 2015, "Learning both Weights and Connections for Efficient Neural Networks".
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_ {
namespace {

void score(const Candidate& candidate, std::uint64_t, std::int64_t first, std::span<float> scores) {
    const float* const weight = candidate.weight.data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::abs(weight[i]);
}

}  // namespace

extern const Criterion magnitude{.name = "magnitude",
                                 .summary = "the size of the weight: small ones go first",
                                 .formula = "|w|",
                                 .source = "Han et al. 2015, Learning both Weights and Connections",
                                 .score = score};

}  // namespace espalier::prune::criteria_
