// Dropout: dx = dy: nothing is dropped where a network only runs.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::dropout_ {
namespace {

void derive(Derivation& d) {
    if (d.wants(0)) d.give(0, d.dy());
}

}  // namespace

extern const GradientRule dropout{
    .name = "Dropout", .summary = "dx = dy: nothing is dropped where a network only runs", .derive = derive};

}  // namespace espalier::gradients_::dropout_
