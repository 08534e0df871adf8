// Sparse from the start; every dt steps each layer drops a constant share of its positive weights and of its
// negative ones, those nearest to zero, and grows as many at random. Mocanu et al. 2018, "Scalable Training
// of Artificial Neural Networks with Adaptive Sparse Connectivity".
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::set_ {
namespace {

constexpr std::string_view kGrowth = "random";
constexpr ReadKey kReads[] = {{.key = "prune.begin"},
                              {.key = "prune.end"},
                              {.key = "prune.every"},
                              {.key = "prune.drop_fraction"},
                              {.key = "prune.decay"}};

Action at(const ScheduleSettings& settings, std::int64_t step) {
    Action action = move_at(settings, step, kGrowth);
    action.by_sign = true;
    return action;
}

}  // namespace

extern const Schedule set{.name = "set",
                          .summary = "sparse throughout; weights move to random places",
                          .formula = "drop a of w > 0 and of w < 0 by |w|, grow at random",
                          .source = "Mocanu et al. 2018, Adaptive Sparse Connectivity",
                          .is_during = true,
                          .default_end = 1,
                          .decay = "constant",
                          .growth = kGrowth,
                          .signals_mode = SignalsMode::none,
                          .revision = 2,
                          .reads = kReads,
                          .at = at};

}  // namespace espalier::prune::schedules_::set_
