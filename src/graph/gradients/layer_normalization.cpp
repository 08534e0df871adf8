// LayerNormalization: dx = (g - mean(g) - x' mean(g x')) / deviation, g = dy scale.
#include "graph/gradient/normalised.h"

namespace espalier::gradients_::layer_normalization_ {
namespace {

void derive(Derivation& d) {
    for (std::size_t i = 0; i < d.node().outputs.size(); ++i) {
        if ((i == 0) == d.dy(i).empty()) d.refuse("there is a gradient of its first output alone");
    }
    const auto rank = std::ssize(d.shape(d.in()));
    std::int64_t first = d.node().attribute_int("axis", -1);
    if (first < 0) first += rank;
    std::vector<std::int64_t> axes;
    for (std::int64_t axis = first; axis < rank; ++axis) axes.push_back(axis);
    derive_normalised(d, axes, d.shape(d.in(1)));
}

}  // namespace

extern const GradientRule layer_normalization{
    .name = "LayerNormalization",
    .summary = "dx = (g - mean(g) - x' mean(g x')) / deviation, g = dy scale",
    .derive = derive};

}  // namespace espalier::gradients_::layer_normalization_
