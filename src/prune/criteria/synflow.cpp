// score = |w| * dR/d|w|, R = 1' prod_l |W_l| 1
// Tanaka et al. 2020, "Pruning neural networks without any data by iteratively conserving synaptic flow". R
// needs a pass over the whole network, so dR/d|w| is a signal: chain_flow() computes it for a chain of fully
// connected layers, the trainer for anything else. One shot empties whole layers; plan_in_rounds() with 100
// rounds is the method.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::synflow_ {
namespace {

constexpr std::string_view kNeeds[] = {"flow"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    const float* const flow = scored.candidate.signal("flow").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::abs(weight[i] * flow[i]);
}

}  // namespace

extern const Criterion synflow{.name = "synflow",
                               .summary = "synaptic flow through the weight, without data; in 100 rounds",
                               .formula = "|w| * dR/d|w|, R = 1' prod |W| 1",
                               .source = "Tanaka et al. 2020, Pruning neural networks without any data",
                               .needs = kNeeds,
                               .signals_mode = SignalsMode::evaluation,
                               .score = score};

}  // namespace espalier::prune::criteria_::synflow_
