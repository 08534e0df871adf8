// Concat: dx_i is the part of dy that x_i became.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::concat_ {
namespace {

void derive(Derivation& d) {
    const auto rank = std::ssize(d.shape(d.out()));
    std::int64_t axis = d.node().attribute_int("axis", 0);
    if (axis < 0) axis += rank;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < d.node().inputs.size(); ++i) {
        const std::int64_t end = first + d.shape(d.in(i))[static_cast<std::size_t>(axis)];
        if (d.wants(i))
            d.give(i, d.make("Slice", {d.dy(), d.integers({first}), d.integers({end}), d.integers({axis})}));
        first = end;
    }
}

}  // namespace

extern const GradientRule concat{
    .name = "Concat", .summary = "dx_i is the part of dy that x_i became", .derive = derive};

}  // namespace espalier::gradients_::concat_
