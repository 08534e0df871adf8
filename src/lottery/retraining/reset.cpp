// Reset to initialisation (Frankle & Carbin 2019): survivors go back to their own initial values, and
// training runs again from the start. retrain.to is not read.
#include "lottery/retraining.h"

namespace espalier::lottery::retraining_ {
namespace {

RetrainingSteps steps(std::int64_t, std::int64_t) { return {.weights = 0, .schedule = 0}; }

}  // namespace

extern const Retraining reset{.name = "reset",
                              .summary = "survivors back to their initial values, train the whole length",
                              .steps = steps};

}  // namespace espalier::lottery::retraining_
