// Asinh: y = asinh(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::asinh_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::asinh(x); });
}

}  // namespace

extern const Operator asinh{.name = "Asinh",
                            .summary = "inverse hyperbolic sine",
                            .infer = infer_same_float,
                            .evaluate = evaluate,
                            .couple = couple_elements};

}  // namespace espalier::ops_::asinh_
