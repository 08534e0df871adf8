// Cast: dx = dy in the type of x.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::cast_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("CastLike", {d.dy(), d.in()})); }

}  // namespace

extern const GradientRule cast{.name = "Cast", .summary = "dx = dy in the type of x", .derive = derive};

}  // namespace espalier::gradients_::cast_
