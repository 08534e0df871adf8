// Abs: dx = dy sign(x).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::abs_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Mul", {d.dy(), d.make("Sign", {d.in()})})); }

}  // namespace

extern const GradientRule abs{.name = "Abs", .summary = "dx = dy sign(x)", .derive = derive};

}  // namespace espalier::gradients_::abs_
