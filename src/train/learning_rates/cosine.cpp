// f = (1 + cos(pi * (step - warmup) / (end - warmup))) / 2 (Loshchilov & Hutter 2017, "SGDR", without
// restarts).
#include <cmath>
#include <numbers>

#include "train/learning_rate.h"

namespace espalier::train::learning_rates_::cosine_ {
namespace {

double factor(const LearningRatePoint& point) {
    const double done =
        static_cast<double>(point.step - point.warmup) / static_cast<double>(point.end - point.warmup);
    return (1 + std::cos(std::numbers::pi * done)) / 2;
}

}  // namespace

extern const LearningRate cosine{
    .name = "cosine", .summary = "falls along half a cosine to 0", .factor = factor};

}  // namespace espalier::train::learning_rates_::cosine_
