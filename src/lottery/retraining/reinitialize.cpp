// From scratch (Liu et al. 2019, "Rethinking the Value of Network Pruning"): the pruned network trains the
// whole length from new initial values.
#include "lottery/retraining.h"

namespace espalier::lottery::retraining_::reinitialize_ {
namespace {

RetrainingPlan plan(const RetrainingLengths& lengths, int) {
    return {.survivors = RetrainingPlan::Survivors::fresh, .first_step = 0, .last_step = lengths.end};
}

constexpr ReadKey kReads[] = {{.key = "retrain.learning_rate"}};

}  // namespace

extern const Retraining reinitialize{.name = "reinitialize",
                                     .summary = "new initial values, train the whole length",
                                     .plan = plan,
                                     .reads = kReads};

}  // namespace espalier::lottery::retraining_::reinitialize_
