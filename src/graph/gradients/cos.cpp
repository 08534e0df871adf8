// Cos: dx = -dy sin(x).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::cos_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Neg", {d.make("Mul", {d.dy(), d.make("Sin", {d.in()})})})); }

}  // namespace

extern const GradientRule cos{.name = "Cos", .summary = "dx = -dy sin(x)", .derive = derive};

}  // namespace espalier::gradients_::cos_
