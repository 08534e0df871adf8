// Train to the end, cut, retrain; as often as there are rounds. Han et al. 2015; Frankle & Carbin 2019.
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::after_training_ {
namespace {

constexpr ReadKey kReads[] = {{.key = "prune.at"}, {.key = "prune.one_shot"}};

Action at(const ScheduleSettings& settings, std::int64_t step) {
    if (step != settings.steps) return {};
    return {.kind = Action::Kind::cut, .sparsity = settings.sparsity};
}

}  // namespace

extern const Schedule after_training{.name = "after-training",
                                     .summary = "at the end of training, once each round",
                                     .formula = "t = T",
                                     .source = "Han et al. 2015, Learning both Weights and Connections",
                                     .signals_mode = SignalsMode::none,
                                     .retrains = true,
                                     .reads = kReads,
                                     .at = at};

}  // namespace espalier::prune::schedules_::after_training_
