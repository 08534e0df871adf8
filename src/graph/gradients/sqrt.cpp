// Sqrt: dx = dy / (2 y).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::sqrt_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Div", {d.dy(), d.make("Add", {d.out(), d.out()})})); }

}  // namespace

extern const GradientRule sqrt{.name = "Sqrt", .summary = "dx = dy / (2 y)", .derive = derive};

}  // namespace espalier::gradients_::sqrt_
