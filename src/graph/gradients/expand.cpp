// Expand: dx is the sum of dy over all to which x was repeated.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::expand_ {
namespace {

void derive(Derivation& d) {
    if (d.wants(0)) d.give(0, d.dy());  // give() sums
}

}  // namespace

extern const GradientRule expand{
    .name = "Expand", .summary = "dx is the sum of dy over all to which x was repeated", .derive = derive};

}  // namespace espalier::gradients_::expand_
