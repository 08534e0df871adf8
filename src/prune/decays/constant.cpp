// f(t) = a
#include "prune/scheduling/schedule.h"

namespace espalier::prune::decays_::constant_ {
namespace {

double factor(double) { return 1; }

}  // namespace

extern const Decay constant{
    .name = "constant", .summary = "stays as it is", .formula = "a", .factor = factor};

}  // namespace espalier::prune::decays_::constant_
