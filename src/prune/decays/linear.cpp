// f(t) = a (1 - t / T_end)
#include "prune/scheduling/schedule.h"

namespace espalier::prune::decays_::linear_ {
namespace {

double factor(double progress) { return 1 - progress; }

}  // namespace

extern const Decay linear{.name = "linear",
                          .summary = "a straight line down to 0",
                          .formula = "a (1 - t / T_end)",
                          .factor = factor};

}  // namespace espalier::prune::decays_::linear_
