// The same number of weights, each round: after round r of n, r p is cut, or s r / n on the way to sparsity
// s.
#include <fmt/format.h>

#include "espalier/error.h"
#include "prune/scheduling/spacing.h"

namespace espalier::prune::spacings_::linear_ {
namespace {

Target target(const RoundSettings& settings, std::int64_t round) {
    if (settings.rate) {
        const double sparsity = *settings.rate * static_cast<double>(round);
        if (sparsity < 1) return {.sparsity = sparsity};
        throw InvalidArgument(
            fmt::format("spacing \"linear\": rate {} leaves nothing in round {}", *settings.rate, round));
    }
    return {.sparsity =
                *settings.sparsity * static_cast<double>(round) / static_cast<double>(settings.rounds)};
}

}  // namespace

extern const Spacing linear{.name = "linear",
                            .summary = "the same number of weights, each round",
                            .formula = "r p, or s r / n",
                            .target = target};

}  // namespace espalier::prune::spacings_::linear_
