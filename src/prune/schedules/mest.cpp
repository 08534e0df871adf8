// Sparse from the start; every dt steps each layer drops f(t) of its weights, those least by |w| + lambda
// |g|, and grows as many at random, so that no gradient of a pruned weight is ever needed: f(t) = a (1 - t /
// T_end), an elastic mutation. Yuan et al. 2021, "MEST: Accurate and Fast Memory-Economic Sparse Training
// Framework on the Edge" (EM, under the hard bound on memory).
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::mest_ {
namespace {

constexpr std::string_view kGrowth = "random";
constexpr std::string_view kDrop = "weight-and-gradient";

Action at(const ScheduleSettings& settings, std::int64_t step) {
    Action action = move_at(settings, step, kGrowth);
    action.drop = kDrop;
    return action;
}

}  // namespace

extern const Schedule mest{.name = "mest",
                           .summary = "sparse throughout; what matters least moves to random places",
                           .formula = "drop a (1 - t / T_end) by |w| + lambda |g|, grow at random",
                           .source = "Yuan et al. 2021, MEST",
                           .is_during = true,
                           .decay = "linear",
                           .growth = kGrowth,
                           .drop = kDrop,
                           .signals_mode = SignalsMode::training,
                           .reads = kReadByMoves,
                           .at = at};

}  // namespace espalier::prune::schedules_::mest_
