// Reciprocal: dx = -dy y^2.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::reciprocal_ {
namespace {

void derive(Derivation& d) {
    d.give(0, d.make("Neg", {d.make("Mul", {d.dy(), d.make("Mul", {d.out(), d.out()})})}));
}

}  // namespace

extern const GradientRule reciprocal{.name = "Reciprocal", .summary = "dx = -dy y^2", .derive = derive};

}  // namespace espalier::gradients_::reciprocal_
