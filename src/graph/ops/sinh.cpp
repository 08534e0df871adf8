// Sinh: y = sinh(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::sinh_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::sinh(x); });
}

}  // namespace

extern const Operator sinh{.name = "Sinh",
                           .summary = "hyperbolic sine",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::sinh_
