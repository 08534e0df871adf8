// GlobalMaxPool: dx = dy where x is y.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::global_max_pool_ {
namespace {

void derive(Derivation& d) { d.give(0, d.where(d.make("Equal", {d.in(), d.out()}), d.dy())); }

}  // namespace

extern const GradientRule global_max_pool{
    .name = "GlobalMaxPool", .summary = "dx = dy where x is y", .derive = derive};

}  // namespace espalier::gradients_::global_max_pool_
