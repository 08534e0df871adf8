// LeakyRelu: dx = dy where x > 0, else alpha dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::leaky_relu_ {
namespace {

void derive(Derivation& d) {
    const double alpha = d.node().attribute_float("alpha", 0.01F);
    const std::string below = d.make("Mul", {d.dy(), d.number(alpha)});
    d.give(0, d.make("Where", {d.make("Greater", {d.in(), d.number(0)}), d.dy(), below}));
}

}  // namespace

extern const GradientRule leaky_relu{
    .name = "LeakyRelu", .summary = "dx = dy where x > 0, else alpha dy", .derive = derive};

}  // namespace espalier::gradients_::leaky_relu_
