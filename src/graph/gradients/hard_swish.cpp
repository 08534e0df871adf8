// HardSwish: dx = dy (2 x + 3) / 6 where -3 < x < 3, dy above and 0 below.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::hard_swish_ {
namespace {

void derive(Derivation& d) {
    const std::string slope =
        d.make("Div", {d.make("Add", {d.make("Add", {d.in(), d.in()}), d.number(3)}), d.number(6)});
    const std::string inside =
        d.where(d.make("Greater", {d.in(), d.number(-3)}), d.make("Mul", {d.dy(), slope}));
    d.give(0, d.make("Where", {d.make("Less", {d.in(), d.number(3)}), inside, d.dy()}));
}

}  // namespace

extern const GradientRule hard_swish{
    .name = "HardSwish",
    .summary = "dx = dy (2 x + 3) / 6 where -3 < x < 3, dy above and 0 below",
    .derive = derive};

}  // namespace espalier::gradients_::hard_swish_
