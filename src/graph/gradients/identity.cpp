// Identity: dx = dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::identity_ {
namespace {

void derive(Derivation& d) { d.give(0, d.dy()); }

}  // namespace

extern const GradientRule identity{.name = "Identity", .summary = "dx = dy", .derive = derive};

}  // namespace espalier::gradients_::identity_
