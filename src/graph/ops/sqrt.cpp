// Sqrt: y = sqrt(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::sqrt_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::sqrt(x); });
}

}  // namespace

extern const Operator sqrt{.name = "Sqrt",
                           .summary = "square root",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::sqrt_
