// Weight rewinding (Frankle et al. 2020, "Linear Mode Connectivity and the Lottery Ticket Hypothesis"):
// survivors go back to their values at step k, and training runs again from k. With k = 0 this is the reset
// of the first paper.
#include "lottery/retraining.h"

namespace espalier::lottery::retraining_::rewind_weights_ {
namespace {

RetrainingPlan plan(const RetrainingLengths& lengths, int) {
    return {.survivors = RetrainingPlan::Survivors::rewound,
            .step = lengths.to,
            .first_step = lengths.to,
            .last_step = lengths.end};
}

constexpr ReadKey kReads[] = {{.key = "retrain.to"}, {.key = "retrain.learning_rate"}};

}  // namespace

extern const Retraining rewind_weights{.name = "rewind-weights",
                                       .summary = "survivors back to step k (retrain.to), train again from k",
                                       .plan = plan,
                                       .reads = kReads};

}  // namespace espalier::lottery::retraining_::rewind_weights_
