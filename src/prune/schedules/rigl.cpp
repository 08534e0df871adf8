// Sparse from the start; every dt steps each layer drops f(t) of its weights by magnitude and grows as many
// where the gradient is largest, f(t) = a/2 (1 + cos(pi t / T_end)). Evci et al. 2020, "Rigging the Lottery:
// Making All Tickets Winners".
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::rigl_ {
namespace {

constexpr std::string_view kGrowth = "gradient";

Action at(const ScheduleSettings& settings, std::int64_t step) { return move_at(settings, step, kGrowth); }

}  // namespace

extern const Schedule rigl{.name = "rigl",
                           .summary = "sparse throughout; weights move to where the gradient is largest",
                           .formula = "drop a/2 (1 + cos(pi t / T_end)) by |w|, grow by |g|",
                           .source = "Evci et al. 2020, Rigging the Lottery",
                           .is_during = true,
                           .decay = "cosine",
                           .growth = kGrowth,
                           .signals_mode = SignalsMode::training,
                           .revision = 2,
                           .reads = kReadByMoves,
                           .at = at};

}  // namespace espalier::prune::schedules_::rigl_
