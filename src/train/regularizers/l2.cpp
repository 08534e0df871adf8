// L2 (ridge): R = 1/2 sum w^2, whose gradient is w. Pulls large weights harder than small ones. With plain
// SGD this is weight decay, but on the prunable weights only.
#include "base/multiversion.h"
#include "train/regularizer.h"

namespace espalier::train::regularizers_::l2_ {
namespace {

double penalty(const RegularizedWeight& weight) {
    double sum = 0;
    for (const float w : weight.weight) sum += double{w} * double{w};
    return sum / 2;
}

ESPALIER_MULTIVERSION
void add(std::int64_t count, const float* __restrict w, float* __restrict g, float strength) {
    for (std::int64_t i = 0; i < count; ++i) g[i] += strength * w[i];
}

void add_gradient(const RegularizedWeight& weight, float strength, std::span<float> gradient) {
    add(static_cast<std::int64_t>(gradient.size()), weight.weight.data(), gradient.data(), strength);
}

}  // namespace

extern const Regularizer l2{.name = "l2",
                            .summary = "half the sum of squares",
                            .formula = "1/2 sum w^2",
                            .strength = &Recipe::Regularize::l2,
                            .penalty = penalty,
                            .add_gradient = add_gradient};

}  // namespace espalier::train::regularizers_::l2_
