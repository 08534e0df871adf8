// score = |w| - |w0|
// Zhou et al. 2019, "Deconstructing Lottery Tickets: Zeros, Signs, and the Supermask": what grew in training
// stays.
#include <cmath>

#include "prune/criterion.h"

namespace espalier::prune::criteria_::magnitude_increase_ {
namespace {

constexpr std::string_view kNeeds[] = {"initial-weight"};

void score(const Scored& scored, std::int64_t first, std::span<float> scores) {
    const float* const weight = scored.candidate.weight.data() + first;
    const float* const initial = scored.candidate.signal("initial-weight").data() + first;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::abs(weight[i]) - std::abs(initial[i]);
}

}  // namespace

extern const Criterion magnitude_increase{.name = "magnitude-increase",
                                          .summary = "how much the weight grew since initialisation",
                                          .formula = "|w| - |w0|",
                                          .source = "Zhou et al. 2019, Deconstructing Lottery Tickets",
                                          .needs = kNeeds,
                                          .signals_mode = SignalsMode::none,
                                          .is_signed = true,
                                          .score = score};

}  // namespace espalier::prune::criteria_::magnitude_increase_
