// Tan: y = tan(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::tan_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::tan(x); });
}

}  // namespace

extern const Operator tan{.name = "Tan",
                          .summary = "tangent",
                          .infer = infer_same_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::tan_
