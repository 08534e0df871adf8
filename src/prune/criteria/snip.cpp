// score = |dL/dc| at c = 1, for w' = c * w, which is |w * dL/dw|
// Lee et al. 2019, "SNIP: Single-shot Network Pruning based on Connection Sensitivity". Meant for the weights
// at initialisation and the gradient of one batch. The paper divides by the sum over the network, which
// changes no ranking and is left out.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::snip_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr std::string_view kNeeds[] = {"gradient"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    const float* const gradient = scored.candidate.signal("gradient").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::abs(weight[i] * gradient[i]);
}

}  // namespace

extern const Criterion snip{.name = "snip",
                            .summary = "connection sensitivity, before training",
                            .formula = "|w * g| at initialisation",
                            .source = "Lee et al. 2019, SNIP: Single-shot Network Pruning",
                            .needs = kNeeds,
                            .signals_mode = SignalsMode::evaluation,
                            .score = score,
                            .reads = kReads};

}  // namespace espalier::prune::criteria_::snip_
