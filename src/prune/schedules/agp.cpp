// s_t = s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3, t in {t0, t0 + dt, ..., t0 + n dt}
// Zhu & Gupta 2017, "To prune, or not to prune": automated gradual pruning, much at first while there is much
// to spare. Here t0 = begin, dt = every, and t0 + n dt = end.
#include "prune/request/schedule.h"

namespace espalier::prune::schedules_::agp_ {
namespace {

constexpr ReadKey kReads[] = {
    {.key = "prune.begin"}, {.key = "prune.end"}, {.key = "prune.every"}, {.key = "prune.initial_sparsity"}};

Action at(const ScheduleSettings& settings, std::int64_t step) {
    const std::int64_t passed = step - settings.begin;
    if (passed < 0 || step > settings.end) return {};
    if (passed % settings.every != 0 && step != settings.end) return {};
    const double ahead =
        static_cast<double>(settings.end - step) / static_cast<double>(settings.end - settings.begin);
    const double sparsity =
        settings.sparsity + (settings.initial_sparsity - settings.sparsity) * ahead * ahead * ahead;
    if (sparsity <= 0) return {};
    return {.kind = Action::Kind::cut, .sparsity = sparsity};
}

}  // namespace

extern const Schedule agp{.name = "agp",
                          .summary = "during training, along a cubic curve",
                          .formula = "s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3",
                          .source = "Zhu & Gupta 2017, To prune, or not to prune",
                          .is_during = true,
                          .signals_mode = SignalsMode::none,
                          .reads = kReads,
                          .at = at};

}  // namespace espalier::prune::schedules_::agp_
