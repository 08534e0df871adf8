// score = |w|
// Han et al. 2015, "Learning both Weights and Connections for Efficient Neural Networks". With unit_norm l1
// or l2 a unit scores its L1 or L2 norm (Li et al. 2017, "Pruning Filters for Efficient ConvNets").
#include "prune/criterion.h"
#include "prune/ranking/ranking_simd.h"

namespace espalier::prune::criteria_::magnitude_ {
namespace {

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    absolute(scored.candidate.weight.subspan(static_cast<std::size_t>(first), scores.size()), scores);
}

}  // namespace

extern const Criterion magnitude{.name = "magnitude",
                                 .summary = "size of the weight",
                                 .formula = "|w|",
                                 .source = "Han et al. 2015, Learning both Weights and Connections",
                                 .signals_mode = SignalsMode::none,
                                 .score = score};

}  // namespace espalier::prune::criteria_::magnitude_
