// f = 1.
#include "train/learning_rate.h"

namespace espalier::train::learning_rates_::constant_ {
namespace {

double factor(const LearningRatePoint&) { return 1; }

}  // namespace

extern const LearningRate constant{
    .name = "constant", .summary = "the same rate throughout", .factor = factor};

}  // namespace espalier::train::learning_rates_::constant_
