// Sum: dx_i = dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::sum_ {
namespace {

void derive(Derivation& d) {
    for (std::size_t i = 0; i < d.node().inputs.size(); ++i) {
        if (d.wants(i)) d.give(i, d.dy());
    }
}

}  // namespace

extern const GradientRule sum{.name = "Sum", .summary = "dx_i = dy", .derive = derive};

}  // namespace espalier::gradients_::sum_
