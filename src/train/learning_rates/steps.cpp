// f = decay ^ (number of milestones reached).
#include "train/learning_rate.h"

namespace espalier::train::learning_rates_::steps_ {
namespace {

double factor(const LearningRatePoint& point) {
    double f = 1;
    for (const std::int64_t milestone : point.milestones) {
        if (point.step >= milestone) f *= point.decay;
    }
    return f;
}

constexpr ReadKey kReads[] = {{.key = "train.milestones", .needed = true}, {.key = "train.decay"}};

}  // namespace

extern const LearningRate steps{.name = "steps",
                                .summary = "times train.decay at each of train.milestones",
                                .factor = factor,
                                .reads = kReads};

}  // namespace espalier::train::learning_rates_::steps_
