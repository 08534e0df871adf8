// Elu: dx = dy where x > 0, else (y + alpha) dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::elu_ {
namespace {

void derive(Derivation& d) {
    const double alpha = d.node().attribute_float("alpha", 1);
    const std::string below = d.make("Mul", {d.dy(), d.make("Add", {d.out(), d.number(alpha)})});
    d.give(0, d.make("Where", {d.make("Greater", {d.in(), d.number(0)}), d.dy(), below}));
}

}  // namespace

extern const GradientRule elu{
    .name = "Elu", .summary = "dx = dy where x > 0, else (y + alpha) dy", .derive = derive};

}  // namespace espalier::gradients_::elu_
