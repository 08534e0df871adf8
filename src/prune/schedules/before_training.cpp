// Cut the network as it was initialised, then train what is left: SNIP, GraSP, SynFlow, and random masks.
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::before_training_ {
namespace {

Action at(const ScheduleSettings& settings, std::int64_t step) {
    if (step != 0) return {};
    return {.kind = Action::Kind::cut, .sparsity = settings.sparsity};
}

}  // namespace

extern const Schedule before_training{.name = "before-training",
                                      .summary = "at initialisation, before the first step",
                                      .formula = "t = 0",
                                      .source = "Lee et al. 2019, SNIP",
                                      .signals_mode = SignalsMode::none,
                                      .at = at};

}  // namespace espalier::prune::schedules_::before_training_
