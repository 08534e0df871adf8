// ReduceSum: dx = dy, repeated.
#include "graph/gradient/reduced.h"

namespace espalier::gradients_::reduce_sum_ {
namespace {

void derive(Derivation& d) {
    d.give(0, d.make("Expand", {over_reduced(d, d.dy()), d.integers(d.shape(d.in()))}));
}

}  // namespace

extern const GradientRule reduce_sum{.name = "ReduceSum", .summary = "dx = dy, repeated", .derive = derive};

}  // namespace espalier::gradients_::reduce_sum_
