#include <fmt/format.h>

#include "espalier/error.h"
#include "espalier/prune.h"
#include "prune/scheduling/spacing.h"

namespace espalier::prune {

Target round_target(const RoundSettings& settings, std::int64_t round) {
    const Spacing& spacing = spacings().get(settings.spacing);
    if (settings.rounds < 1 || round < 1 || round > settings.rounds) {
        throw InvalidArgument(fmt::format(
            "round {} of {} is out of range, expected 1 to the number of rounds", round, settings.rounds));
    }
    if (settings.rate.has_value() == settings.sparsity.has_value()) {
        throw InvalidArgument(fmt::format("{} given, expected one of rate and sparsity",
                                          settings.rate ? "rate and sparsity are both" : "neither is"));
    }
    const double share = settings.rate ? *settings.rate : *settings.sparsity;
    if (!(share >= 0 && share < 1)) {
        const std::string_view what = settings.rate ? "rate" : "sparsity";
        throw InvalidArgument(
            fmt::format("{} = {} is out of range, expected 0 <= {} < 1", what, share, what));
    }
    return spacing.target(settings, round);
}

Plan plan_in_rounds(Request request, const RoundSettings& settings,
                    const std::function<void(Request& request)>& refresh) {
    MaskSet current;
    if (request.current != nullptr) current = *request.current;
    request.current = &current;
    Plan last;
    for (std::int64_t round = 1; round <= settings.rounds; ++round) {
        request.target = round_target(settings, round);
        refresh(request);
        last = plan(request);
        current = last.masks;
    }
    return last;
}

}  // namespace espalier::prune
