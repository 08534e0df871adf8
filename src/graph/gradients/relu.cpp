// Relu: dx = dy where x > 0.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::relu_ {
namespace {

void derive(Derivation& d) { d.give(0, d.where(d.make("Greater", {d.in(), d.number(0)}), d.dy())); }

}  // namespace

extern const GradientRule relu{.name = "Relu", .summary = "dx = dy where x > 0", .derive = derive};

}  // namespace espalier::gradients_::relu_
