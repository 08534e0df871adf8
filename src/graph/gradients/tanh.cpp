// Tanh: dx = dy (1 - y^2).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::tanh_ {
namespace {

void derive(Derivation& d) {
    const std::string slope = d.make("Sub", {d.number(1), d.make("Mul", {d.out(), d.out()})});
    d.give(0, d.make("Mul", {d.dy(), slope}));
}

}  // namespace

extern const GradientRule tanh{.name = "Tanh", .summary = "dx = dy (1 - y^2)", .derive = derive};

}  // namespace espalier::gradients_::tanh_
