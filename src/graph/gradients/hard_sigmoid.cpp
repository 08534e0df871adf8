// HardSigmoid: dx = alpha dy where 0 < y < 1.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::hard_sigmoid_ {
namespace {

void derive(Derivation& d) {
    const std::string inside =
        d.make("And", {d.make("Greater", {d.out(), d.number(0)}), d.make("Less", {d.out(), d.number(1)})});
    d.give(0, d.where(inside, d.make("Mul", {d.dy(), d.number(d.node().attribute_float("alpha", 0.2F))})));
}

}  // namespace

extern const GradientRule hard_sigmoid{
    .name = "HardSigmoid", .summary = "dx = alpha dy where 0 < y < 1", .derive = derive};

}  // namespace espalier::gradients_::hard_sigmoid_
