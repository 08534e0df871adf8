// Cosh: y = cosh(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::cosh_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::cosh(x); });
}

}  // namespace

extern const Operator cosh{.name = "Cosh",
                           .summary = "hyperbolic cosine",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::cosh_
