// Reset to initialisation (Frankle & Carbin 2019): survivors go back to their own initial values, and
// training runs again from the start. retrain.to is not read.
#include "lottery/retraining.h"

namespace espalier::lottery::retraining_::reset_ {
namespace {

RetrainingPlan plan(const RetrainingLengths& lengths, int) {
    return {.survivors = RetrainingPlan::Survivors::rewound,
            .step = 0,
            .first_step = 0,
            .last_step = lengths.end};
}

constexpr ReadKey kReads[] = {{.key = "retrain.learning_rate"}};

}  // namespace

extern const Retraining reset{.name = "reset",
                              .summary = "survivors back to their initial values, train the whole length",
                              .plan = plan,
                              .reads = kReads};

}  // namespace espalier::lottery::retraining_::reset_
