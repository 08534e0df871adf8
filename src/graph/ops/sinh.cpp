// Sinh: y = sinh(x).
#include <cmath>

#include "graph/computation/elementwise.h"

namespace espalier::ops_::sinh_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::sinh(x); });
}

}  // namespace

extern const Operator sinh{
    .name = "Sinh", .summary = "hyperbolic sine", .infer = infer_same_float, .evaluate = evaluate};

}  // namespace espalier::ops_::sinh_
