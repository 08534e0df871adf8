// The same share of what is left, each round: after round r of n, (1 - p)^r is left, or (1 - s)^(r / n) on
// the way to sparsity s. Frankle & Carbin 2019; Tanaka et al. 2020.
#include <cmath>

#include "prune/scheduling/spacing.h"

namespace espalier::prune::spacings_::geometric_ {
namespace {

Target target(const RoundSettings& settings, std::int64_t round) {
    if (settings.rate) return {.rate = settings.rate};
    if (round == settings.rounds)
        return {.sparsity = settings.sparsity};  // exactly, whatever pow() rounds to
    const double part = static_cast<double>(round) / static_cast<double>(settings.rounds);
    return {.sparsity = 1 - std::pow(1 - *settings.sparsity, part)};
}

}  // namespace

extern const Spacing geometric{.name = "geometric",
                               .summary = "the same share of what is left, each round",
                               .formula = "1 - (1 - p)^r, or 1 - (1 - s)^(r / n)",
                               .target = target};

}  // namespace espalier::prune::spacings_::geometric_
