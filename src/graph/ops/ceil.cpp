// Ceil: y = ceil(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::ceil_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::ceil(x); });
}

}  // namespace

extern const Operator ceil{.name = "Ceil",
                           .summary = "rounded up",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::ceil_
