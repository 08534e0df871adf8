// w = +-sqrt(2 / in), either sign as likely
// Ramanujan et al. 2020, "What's Hidden in a Randomly Weighted Neural Network?": the spread of He et al.
// 2015, in one magnitude, which serves masks of weights that are not trained best.
#include <cmath>

#include "models/model.h"

namespace espalier::models::initializations_::signed_constant_ {
namespace {

void fill(std::span<float> weights, const Fans& fans, Random& random) {
    const float size = std::sqrt(2.0F / static_cast<float>(fans.in));
    for (float& w : weights) w = random.uniform() < 0.5F ? -size : size;
}

}  // namespace

extern const Initialization signed_constant{
    .name = "signed-constant", .summary = "plus or minus the root of 2 / in", .fill = fill};

}  // namespace espalier::models::initializations_::signed_constant_
