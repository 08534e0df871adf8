// Clip: dx = dy where low <= x <= high.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::clip_ {
namespace {

void derive(Derivation& d) {
    std::string dx = d.dy();
    if (d.has_input(1)) dx = d.where(d.make("GreaterOrEqual", {d.in(), d.in(1)}), dx);
    if (d.has_input(2)) dx = d.where(d.make("LessOrEqual", {d.in(), d.in(2)}), dx);
    if (d.wants(0)) d.give(0, dx);
    if (d.wants(1) || d.wants(2)) d.refuse("there is no gradient by the bounds of a Clip");
}

}  // namespace

extern const GradientRule clip{.name = "Clip", .summary = "dx = dy where low <= x <= high", .derive = derive};

}  // namespace espalier::gradients_::clip_
