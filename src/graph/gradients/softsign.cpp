// Softsign: dx = dy / (1 + |x|)^2.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::softsign_ {
namespace {

void derive(Derivation& d) {
    const std::string below = d.make("Add", {d.make("Abs", {d.in()}), d.number(1)});
    d.give(0, d.make("Div", {d.dy(), d.make("Mul", {below, below})}));
}

}  // namespace

extern const GradientRule softsign{.name = "Softsign", .summary = "dx = dy / (1 + |x|)^2", .derive = derive};

}  // namespace espalier::gradients_::softsign_
