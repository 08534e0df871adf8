// Fine-tuning (Han et al. 2015): survivors keep their trained values and train on at the last learning rate,
// or at retrain.learning_rate, each level where the one before stopped.
#include "lottery/retraining.h"

namespace espalier::lottery::retraining_::fine_tune_ {
namespace {

RetrainingPlan plan(const RetrainingLengths& lengths, int level) {
    const std::int64_t length = lengths.length > 0 ? lengths.length : lengths.end - lengths.to;
    return {.survivors = RetrainingPlan::Survivors::as_pruned,
            .first_step = lengths.end + (level - 1) * length,
            .last_step = lengths.end + level * length};
}

constexpr std::string_view kLength[] = {"retrain.steps"};
constexpr ReadKey kReads[] = {
    {.key = "retrain.to", .without = kLength}, {.key = "retrain.steps"}, {.key = "retrain.learning_rate"}};

}  // namespace

extern const Retraining fine_tune{.name = "fine-tune",
                                  .summary = "survivors stay as trained and train on for retrain.steps",
                                  .plan = plan,
                                  .reads = kReads};

}  // namespace espalier::lottery::retraining_::fine_tune_
