// Neg: y = -x.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::neg_ {
namespace {

void evaluate(Evaluation& e) {
    map_numbers(e, [](auto x) { return wrapping(decltype(x)(0), x, [](auto, auto b) { return -b; }); });
}

}  // namespace

extern const Operator neg{
    .name = "Neg", .summary = "-x", .infer = infer_same, .evaluate = evaluate, .couple = couple_elements};

}  // namespace espalier::ops_::neg_
