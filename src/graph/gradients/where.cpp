// Where: da = dy where the condition holds, db elsewhere.
#include "graph/gradient/derivation.h"

namespace espalier::gradients_::where_ {
namespace {

void derive(Derivation& d) {
    const std::string zero = d.number(0);
    if (d.wants(1)) d.give(1, d.make("Where", {d.in(), d.dy(), zero}));
    if (d.wants(2)) d.give(2, d.make("Where", {d.in(), zero, d.dy()}));
}

}  // namespace

extern const GradientRule where{
    .name = "Where", .summary = "da = dy where the condition holds, db elsewhere", .derive = derive};

}  // namespace espalier::gradients_::where_
