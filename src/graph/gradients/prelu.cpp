// PRelu: dx = dy where x > 0, else slope dy; dslope = x dy where x <= 0.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::prelu_ {
namespace {

void derive(Derivation& d) {
    const std::string above = d.make("Greater", {d.in(), d.number(0)});
    if (d.wants(0)) d.give(0, d.make("Where", {above, d.dy(), d.make("Mul", {d.dy(), d.in(1)})}));
    if (d.wants(1)) d.give(1, d.make("Where", {above, d.number(0), d.make("Mul", {d.dy(), d.in()})}));
}

}  // namespace

extern const GradientRule prelu{.name = "PRelu",
                                .summary = "dx = dy where x > 0, else slope dy; dslope = x dy where x <= 0",
                                .derive = derive};

}  // namespace espalier::gradients_::prelu_
