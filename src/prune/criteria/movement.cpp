// score = -sum over steps of w * dL/dw
// Sanh et al. 2020, "Movement Pruning: Adaptive Sparsity by Fine-Tuning": what moved away from zero stays,
// what moved towards it goes. The trainer keeps the sum.
#include <algorithm>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::movement_ {
namespace {

constexpr std::string_view kNeeds[] = {"movement"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    std::copy_n(scored.candidate.signal("movement").data() + first, scores.size(), scores.data());
}

}  // namespace

extern const Criterion movement{.name = "movement",
                                .summary = "movement away from zero in fine-tuning",
                                .formula = "-sum of w * g over steps",
                                .source = "Sanh et al. 2020, Movement Pruning",
                                .needs = kNeeds,
                                .signals_mode = SignalsMode::none,
                                .is_signed = true,
                                .score = score};

}  // namespace espalier::prune::criteria_::movement_
