// f = (end - step) / (end - warmup): in a straight line to 0.
#include "train/learning_rate.h"

namespace espalier::train::learning_rates_::linear_ {
namespace {

double factor(const LearningRatePoint& point) {
    return static_cast<double>(point.end - point.step) / static_cast<double>(point.end - point.warmup);
}

}  // namespace

extern const LearningRate linear{
    .name = "linear", .summary = "falls in a straight line to 0", .factor = factor};

}  // namespace espalier::train::learning_rates_::linear_
