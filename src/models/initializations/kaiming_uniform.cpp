// w ~ U(-b, b), b = sqrt(6 / in)
// He et al. 2015, "Delving Deep into Rectifiers", for layers with ReLU behind.
#include <cmath>

#include "models/model.h"

namespace espalier::models::initializations_::kaiming_uniform_ {
namespace {

void fill(std::span<float> weights, const Fans& fans, Random& random) {
    const float bound = std::sqrt(6.0F / static_cast<float>(fans.in));
    for (float& w : weights) w = bound * (2 * random.uniform() - 1);
}

}  // namespace

extern const Initialization kaiming_uniform{
    .name = "kaiming-uniform", .summary = "uniform of variance 2 / in", .fill = fill};

}  // namespace espalier::models::initializations_::kaiming_uniform_
