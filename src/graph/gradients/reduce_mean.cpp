// ReduceMean: dx = dy / n, repeated, of means of n.
#include "graph/gradient/reduced.h"

namespace espalier::gradients_::reduce_mean_ {
namespace {

void derive(Derivation& d) {
    const double each = static_cast<double>(element_count(d.shape(d.out()))) /
                        static_cast<double>(element_count(d.shape(d.in())));
    const std::string part = d.make("Mul", {over_reduced(d, d.dy()), d.number(each)});
    d.give(0, d.make("Expand", {part, d.integers(d.shape(d.in()))}));
}

}  // namespace

extern const GradientRule reduce_mean{
    .name = "ReduceMean", .summary = "dx = dy / n, repeated, of means of n", .derive = derive};

}  // namespace espalier::gradients_::reduce_mean_
