// LogSoftmax: dx = dy - exp(y) (sum of dy along the axis).
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::log_softmax_ {
namespace {

void derive(Derivation& d) {
    const std::string sum = d.sum_over(d.dy(), {d.node().attribute_int("axis", -1)});
    d.give(0, d.make("Sub", {d.dy(), d.make("Mul", {d.make("Exp", {d.out()}), sum})}));
}

}  // namespace

extern const GradientRule log_softmax{
    .name = "LogSoftmax", .summary = "dx = dy - exp(y) (sum of dy along the axis)", .derive = derive};

}  // namespace espalier::gradients_::log_softmax_
