// Everything at once.
#include <fmt/format.h>

#include "espalier/error.h"
#include "prune/scheduling/spacing.h"

namespace espalier::prune::spacings_::one_shot_ {
namespace {

Target target(const RoundSettings& settings, std::int64_t) {
    if (settings.rounds != 1) {
        throw InvalidArgument(fmt::format("spacing \"one-shot\" has one round, got {}", settings.rounds));
    }
    return {.sparsity = settings.sparsity, .rate = settings.rate};
}

}  // namespace

extern const Spacing one_shot{
    .name = "one-shot", .summary = "everything in one round", .formula = "s", .target = target};

}  // namespace espalier::prune::spacings_::one_shot_
