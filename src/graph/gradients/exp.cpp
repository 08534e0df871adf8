// Exp: dx = dy y.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::exp_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Mul", {d.dy(), d.out()})); }

}  // namespace

extern const GradientRule exp{.name = "Exp", .summary = "dx = dy y", .derive = derive};

}  // namespace espalier::gradients_::exp_
