// InstanceNormalization: dx = (g - mean(g) - x' mean(g x')) / deviation, g = dy scale.
#include "graph/gradient/normalised.h"

namespace espalier::gradients_::instance_normalization_ {
namespace {

void derive(Derivation& d) {
    const Shape x = d.shape(d.in());
    std::vector<std::int64_t> axes;
    for (std::int64_t axis = 2; axis < std::ssize(x); ++axis) axes.push_back(axis);
    Shape shape(x.size() - 1, 1);
    shape.front() = x[1];
    derive_normalised(d, axes, shape);
}

}  // namespace

extern const GradientRule instance_normalization{
    .name = "InstanceNormalization",
    .summary = "dx = (g - mean(g) - x' mean(g x')) / deviation, g = dy scale",
    .derive = derive};

}  // namespace espalier::gradients_::instance_normalization_
