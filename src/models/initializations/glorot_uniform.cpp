// w ~ U(-b, b), b = sqrt(6 / (in + out))
// Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
#include <cmath>

#include "models/model.h"

namespace espalier::models::initializations_::glorot_uniform_ {
namespace {

void fill(std::span<float> weights, const Fans& fans, Random& random) {
    const float bound = std::sqrt(6.0F / static_cast<float>(fans.in + fans.out));
    for (float& w : weights) w = bound * (2 * random.uniform() - 1);
}

}  // namespace

extern const Initialization glorot_uniform{
    .name = "glorot-uniform", .summary = "uniform of variance 2 / (in + out)", .fill = fill};

}  // namespace espalier::models::initializations_::glorot_uniform_
