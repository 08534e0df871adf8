// Atan: y = atan(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::atan_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::atan(x); });
}

}  // namespace

extern const Operator atan{.name = "Atan",
                           .summary = "arc tangent",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::atan_
