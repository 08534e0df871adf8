// Reciprocal: y = 1 / x.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reciprocal_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return 1 / x; });
}

}  // namespace

extern const Operator reciprocal{.name = "Reciprocal",
                                 .summary = "1 / x",
                                 .infer = infer_same_float,
                                 .evaluate = evaluate,
                                 .couple = couple_elements};

}  // namespace espalier::ops_::reciprocal_
