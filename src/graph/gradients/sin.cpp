// Sin: dx = dy cos(x).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::sin_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Mul", {d.dy(), d.make("Cos", {d.in()})})); }

}  // namespace

extern const GradientRule sin{.name = "Sin", .summary = "dx = dy cos(x)", .derive = derive};

}  // namespace espalier::gradients_::sin_
