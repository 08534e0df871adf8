// Add: da = db = dy.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::add_ {
namespace {

void derive(Derivation& d) {
    for (std::size_t i = 0; i < 2; ++i) {
        if (d.wants(i)) d.give(i, d.dy());
    }
}

}  // namespace

extern const GradientRule add{.name = "Add", .summary = "da = db = dy", .derive = derive};

}  // namespace espalier::gradients_::add_
