// Reciprocal: y = 1 / x.
#include "graph/computation/elementwise.h"

namespace espalier::ops_::reciprocal_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return 1 / x; });
}

}  // namespace

extern const Operator reciprocal{
    .name = "Reciprocal", .summary = "1 / x", .infer = infer_same_float, .evaluate = evaluate};

}  // namespace espalier::ops_::reciprocal_
