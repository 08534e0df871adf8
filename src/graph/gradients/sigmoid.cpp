// Sigmoid: dx = dy y (1 - y).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::sigmoid_ {
namespace {

void derive(Derivation& d) {
    const std::string slope = d.make("Mul", {d.out(), d.make("Sub", {d.number(1), d.out()})});
    d.give(0, d.make("Mul", {d.dy(), slope}));
}

}  // namespace

extern const GradientRule sigmoid{.name = "Sigmoid", .summary = "dx = dy y (1 - y)", .derive = derive};

}  // namespace espalier::gradients_::sigmoid_
