// Softmax: dx = y (dy - sum of dy y along the axis).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::softmax_ {
namespace {

void derive(Derivation& d) {
    const std::vector<std::int64_t> axis = {d.node().attribute_int("axis", -1)};
    const std::string sum = d.sum_over(d.make("Mul", {d.dy(), d.out()}), axis);
    d.give(0, d.make("Mul", {d.out(), d.make("Sub", {d.dy(), sum})}));
}

}  // namespace

extern const GradientRule softmax{
    .name = "Softmax", .summary = "dx = y (dy - sum of dy y along the axis)", .derive = derive};

}  // namespace espalier::gradients_::softmax_
