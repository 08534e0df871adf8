// Learning rate rewinding (Renda et al. 2020): survivors keep their trained values, and the schedule runs
// again from step k.
#include "lottery/retraining.h"

namespace espalier::lottery::retraining_::rewind_learning_rate_ {
namespace {

RetrainingPlan plan(const RetrainingLengths& lengths, int) {
    return {.survivors = RetrainingPlan::Survivors::as_pruned,
            .first_step = lengths.to,
            .last_step = lengths.end};
}

constexpr ReadKey kReads[] = {{.key = "retrain.to"}, {.key = "retrain.learning_rate"}};

}  // namespace

extern const Retraining rewind_learning_rate{
    .name = "rewind-learning-rate",
    .summary = "survivors stay as trained, the schedule runs again from step k (retrain.to)",
    .plan = plan,
    .reads = kReads};

}  // namespace espalier::lottery::retraining_::rewind_learning_rate_
