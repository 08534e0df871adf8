// score = |w * dL/dw|
// Molchanov et al. 2019, "Importance Estimation for Neural Network Pruning", first order: by how much the
// loss would change if the weight were zero, L(w) - L(0) = w * dL/dw + O(w^2). The paper squares; the ranking
// is the same. With unit_norm l2 a unit ranks as the paper's sum of squares.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::taylor_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.signal_batches"}};
constexpr std::string_view kNeeds[] = {"gradient"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    const float* const gradient = scored.candidate.signal("gradient").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::abs(weight[i] * gradient[i]);
}

}  // namespace

extern const Criterion taylor{
    .name = "taylor",
    .summary = "first-order change of the loss without the weight",
    .formula = "|w * g|",
    .source = "Molchanov et al. 2019, Importance Estimation for Neural Network Pruning",
    .needs = kNeeds,
    .signals_mode = SignalsMode::evaluation,
    .score = score,
    .reads = kReads};

}  // namespace espalier::prune::criteria_::taylor_
