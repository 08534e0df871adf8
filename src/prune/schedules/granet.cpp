// Gradual pruning that regenerates: every dt steps cut to s_t of prune/schedules/agp.cpp, and of what is left
// drop f(t) by magnitude and grow as many where the gradient is largest, f(t) = a/2 (1 + cos(pi t / T_end)).
// Liu et al. 2021, "Sparse Training via Boosting Pruning Plasticity with Neuroregeneration" (GraNet).
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::granet_ {
namespace {

constexpr std::string_view kGrowth = "gradient";
constexpr ReadKey kReads[] = {{.key = "prune.begin"},         {.key = "prune.end"},
                              {.key = "prune.every"},         {.key = "prune.initial_sparsity"},
                              {.key = "prune.drop_fraction"}, {.key = "prune.decay"},
                              {.key = "prune.signal_batches"}};

Action at(const ScheduleSettings& settings, std::int64_t step) {
    Action action = cut_by_cubic(settings, step);
    if (action.kind == Action::Kind::none) return action;
    const Action move = move_at(settings, step, kGrowth);  // none at the first cut and at the last
    action.drop_fraction = move.drop_fraction;
    action.growth = move.growth;
    return action;
}

}  // namespace

extern const Schedule granet{.name = "granet",
                             .summary = "along a cubic curve; weights move to where the gradient is largest",
                             .formula = "cut to s_t, drop a/2 (1 + cos(pi t / T_end)) by |w|, grow by |g|",
                             .source = "Liu et al. 2021, Neuroregeneration",
                             .is_during = true,
                             .decay = "cosine",
                             .growth = kGrowth,
                             .signals_mode = SignalsMode::training,
                             .reads = kReads,
                             .at = at};

}  // namespace espalier::prune::schedules_::granet_
