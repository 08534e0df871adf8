// No retraining: what pruning alone costs.
#include "lottery/retraining.h"

namespace espalier::lottery::retraining_::none_ {
namespace {

RetrainingPlan plan(const RetrainingLengths& lengths, int) {
    return {.survivors = RetrainingPlan::Survivors::as_pruned,
            .first_step = lengths.end,
            .last_step = lengths.end};
}

}  // namespace

extern const Retraining none{.name = "none",
                             .summary = "survivors stay as they are, nothing is trained",
                             .plan = plan,
                             .trains = false};

}  // namespace espalier::lottery::retraining_::none_
