// Softplus: dx = dy / (1 + exp(-x)).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::softplus_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Mul", {d.dy(), d.make("Sigmoid", {d.in()})})); }

}  // namespace

extern const GradientRule softplus{
    .name = "Softplus", .summary = "dx = dy / (1 + exp(-x))", .derive = derive};

}  // namespace espalier::gradients_::softplus_
