// L1 (lasso, Tibshirani 1996): R = sum |w|. Pulls every weight by the same force, so small ones get to zero.
#include <cmath>

#include "base/multiversion.h"
#include "train/regularizer.h"

namespace espalier::train::regularizers_::l1_ {
namespace {

double penalty(const RegularizedWeight& weight) {
    double sum = 0;
    for (const float w : weight.weight) sum += std::abs(double{w});
    return sum;
}

ESPALIER_MULTIVERSION
void add(std::int64_t count, const float* __restrict w, float* __restrict g, float strength) {
    for (std::int64_t i = 0; i < count; ++i) g[i] += w[i] > 0 ? strength : (w[i] < 0 ? -strength : 0.0F);
}

void add_gradient(const RegularizedWeight& weight, float strength, std::span<float> gradient) {
    add(static_cast<std::int64_t>(gradient.size()), weight.weight.data(), gradient.data(), strength);
}

}  // namespace

extern const Regularizer l1{.name = "l1",
                            .summary = "sum of magnitudes",
                            .formula = "sum |w|",
                            .strength = &Recipe::Regularize::l1,
                            .penalty = penalty,
                            .add_gradient = add_gradient};

}  // namespace espalier::train::regularizers_::l1_
