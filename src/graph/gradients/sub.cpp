// Sub: da = dy, db = -dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::sub_ {
namespace {

void derive(Derivation& d) {
    if (d.wants(0)) d.give(0, d.dy());
    if (d.wants(1)) d.give(1, d.make("Neg", {d.dy()}));
}

}  // namespace

extern const GradientRule sub{.name = "Sub", .summary = "da = dy, db = -dy", .derive = derive};

}  // namespace espalier::gradients_::sub_
