// Selu: dx = gamma dy where x > 0, else (y + gamma alpha) dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::selu_ {
namespace {

void derive(Derivation& d) {
    const double alpha = d.node().attribute_float("alpha", 1.67326319F);
    const double gamma = d.node().attribute_float("gamma", 1.05070102F);
    const std::string above = d.make("Mul", {d.dy(), d.number(gamma)});
    const std::string below = d.make("Mul", {d.dy(), d.make("Add", {d.out(), d.number(gamma * alpha)})});
    d.give(0, d.make("Where", {d.make("Greater", {d.in(), d.number(0)}), above, below}));
}

}  // namespace

extern const GradientRule selu{
    .name = "Selu", .summary = "dx = gamma dy where x > 0, else (y + gamma alpha) dy", .derive = derive};

}  // namespace espalier::gradients_::selu_
