// Neg: dx = -dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::neg_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Neg", {d.dy()})); }

}  // namespace

extern const GradientRule neg{.name = "Neg", .summary = "dx = -dy", .derive = derive};

}  // namespace espalier::gradients_::neg_
