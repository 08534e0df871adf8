// Div: da = dy / b, db = -dy y / b.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::div_ {
namespace {

void derive(Derivation& d) {
    const std::string over = d.make("Div", {d.dy(), d.in(1)});
    if (d.wants(0)) d.give(0, over);
    if (d.wants(1)) d.give(1, d.make("Neg", {d.make("Mul", {over, d.out()})}));
}

}  // namespace

extern const GradientRule div{.name = "Div", .summary = "da = dy / b, db = -dy y / b", .derive = derive};

}  // namespace espalier::gradients_::div_
