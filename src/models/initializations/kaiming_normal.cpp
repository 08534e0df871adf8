// w ~ N(0, 2 / in)
// He et al. 2015, "Delving Deep into Rectifiers", for layers with ReLU behind.
#include <cmath>

#include "models/model.h"

namespace espalier::models::initializations_::kaiming_normal_ {
namespace {

void fill(std::span<float> weights, const Fans& fans, Random& random) {
    const float deviation = std::sqrt(2.0F / static_cast<float>(fans.in));
    for (float& w : weights) w = deviation * random.normal();
}

}  // namespace

extern const Initialization kaiming_normal{
    .name = "kaiming-normal", .summary = "Gaussian of variance 2 / in", .fill = fill};

}  // namespace espalier::models::initializations_::kaiming_normal_
