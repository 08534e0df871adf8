// Sin: y = sin(x).
#include <cmath>

#include "graph/computation/elementwise.h"

namespace espalier::ops_::sin_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::sin(x); });
}

}  // namespace

extern const Operator sin{.name = "Sin", .summary = "sine", .infer = infer_same_float, .evaluate = evaluate};

}  // namespace espalier::ops_::sin_
