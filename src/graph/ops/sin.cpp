// Sin: y = sin(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::sin_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::sin(x); });
}

}  // namespace

extern const Operator sin{.name = "Sin",
                          .summary = "sine",
                          .infer = infer_same_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::sin_
