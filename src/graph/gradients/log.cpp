// Log: dx = dy / x.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::log_ {
namespace {

void derive(Derivation& d) { d.give(0, d.make("Div", {d.dy(), d.in()})); }

}  // namespace

extern const GradientRule log{.name = "Log", .summary = "dx = dy / x", .derive = derive};

}  // namespace espalier::gradients_::log_
