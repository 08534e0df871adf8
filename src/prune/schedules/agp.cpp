// s_t = s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3, t in {t0, t0 + dt, ..., t0 + n dt}
// Zhu & Gupta 2017, "To prune, or not to prune": automated gradual pruning, much at first while there is much
// to spare. Here t0 = begin, dt = every, and t0 + n dt = end.
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::agp_ {
namespace {

constexpr ReadKey kReads[] = {
    {.key = "prune.begin"}, {.key = "prune.end"}, {.key = "prune.every"}, {.key = "prune.initial_sparsity"}};

}  // namespace

extern const Schedule agp{.name = "agp",
                          .summary = "during training, along a cubic curve",
                          .formula = "s_f + (s_i - s_f) (1 - (t - t0) / (n dt))^3",
                          .source = "Zhu & Gupta 2017, To prune, or not to prune",
                          .is_during = true,
                          .signals_mode = SignalsMode::none,
                          .reads = kReads,
                          .at = cut_by_cubic};

}  // namespace espalier::prune::schedules_::agp_
