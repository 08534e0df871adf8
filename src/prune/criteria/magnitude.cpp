// score = |w|
// Han et al. 2015, "Learning both Weights and Connections for Efficient Neural Networks". With unit_norm l1
// or l2 a unit scores its L1 or L2 norm (Li et al. 2017, "Pruning Filters for Efficient ConvNets").
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_ {
namespace {

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::abs(weight[i]);
}

}  // namespace

extern const Criterion magnitude{.name = "magnitude",
                                 .summary = "size of the weight",
                                 .formula = "|w|",
                                 .source = "Han et al. 2015, Learning both Weights and Connections",
                                 .score = score};

}  // namespace espalier::prune::criteria_
