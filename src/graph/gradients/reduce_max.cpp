// ReduceMax: dx = dy where x is y.
#include "graph/gradient/reduced.h"

namespace espalier::gradients_::reduce_max_ {
namespace {

void derive(Derivation& d) {
    const std::string is_it = d.make("Equal", {d.in(), over_reduced(d, d.out())});
    d.give(0, d.where(is_it, over_reduced(d, d.dy())));
}

}  // namespace

extern const GradientRule reduce_max{
    .name = "ReduceMax", .summary = "dx = dy where x is y", .derive = derive};

}  // namespace espalier::gradients_::reduce_max_
