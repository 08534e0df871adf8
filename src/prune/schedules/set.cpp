// Sparse from the start; every dt steps each layer drops a constant share of its weights by magnitude and
// grows as many at random. Mocanu et al. 2018, "Scalable Training of Artificial Neural Networks with Adaptive
// Sparse Connectivity".
#include "prune/schedule.h"

namespace espalier::prune::schedules_ {
namespace {

Action at(const ScheduleSettings& settings, std::int64_t step) { return move_at(settings, step, "random"); }

}  // namespace

extern const Schedule set{.name = "set",
                          .summary = "sparse throughout; weights move to random places",
                          .formula = "drop a by |w|, grow at random",
                          .source = "Mocanu et al. 2018, Adaptive Sparse Connectivity",
                          .is_during = true,
                          .default_end = 1,
                          .decay = "constant",
                          .at = at};

}  // namespace espalier::prune::schedules_
