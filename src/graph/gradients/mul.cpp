// Mul: da = dy b, db = dy a.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::mul_ {
namespace {

void derive(Derivation& d) {
    for (std::size_t i = 0; i < 2; ++i) {
        if (d.wants(i)) d.give(i, d.make("Mul", {d.dy(), d.in(1 - i)}));
    }
}

}  // namespace

extern const GradientRule mul{.name = "Mul", .summary = "da = dy b, db = dy a", .derive = derive};

}  // namespace espalier::gradients_::mul_
