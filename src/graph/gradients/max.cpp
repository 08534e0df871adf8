// Max: dx_i = dy where x_i is y.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::max_ {
namespace {

void derive(Derivation& d) {
    for (std::size_t i = 0; i < d.node().inputs.size(); ++i) {
        if (d.wants(i)) d.give(i, d.where(d.make("Equal", {d.in(i), d.out()}), d.dy()));
    }
}

}  // namespace

extern const GradientRule max{.name = "Max", .summary = "dx_i = dy where x_i is y", .derive = derive};

}  // namespace espalier::gradients_::max_
