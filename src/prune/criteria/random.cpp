// score = U(0, 1), independent for each weight: the control that every criterion has to beat.
#include "base/random.h"

#include "prune/criterion.h"

namespace espalier::prune::criteria_ {
namespace {

void score(const Candidate& candidate, std::uint64_t seed, std::int64_t first, std::span<float> scores) {
    const Random stream(seed, "mask/" + candidate.name);
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
                              .score = score};

}  // namespace espalier::prune::criteria_
