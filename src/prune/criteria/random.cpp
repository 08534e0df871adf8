// score = U(0, 1), independent for each unit: the control that every criterion has to beat. Drawn for the
// unit and not for its weights, or large units would win by the sum of many numbers.
#include "base/random.h"
#include "prune/criterion.h"

namespace espalier::prune::criteria_::random_ {
namespace {

void score_units(const Scored& scored, const Tiling&, std::int64_t first, std::span<float> scores) {
    const Random stream(scored.seed, "mask/" + scored.candidate.name);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const std::uint64_t bits = stream.at(static_cast<std::uint64_t>(first) + i);
        scores[i] = static_cast<float>(bits >> 32) * 0x1p-32F;
    }
}

}  // namespace

extern const Criterion random{.name = "random",
                              .summary = "a random number: the control for every other criterion",
                              .formula = "U(0, 1)",
                              .source = "",
                              .signals_mode = SignalsMode::none,
                              .score_units = score_units};

}  // namespace espalier::prune::criteria_::random_
