// Tanh: y = tanh(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::tanh_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::tanh(x); });
}

}  // namespace

extern const Operator tanh{.name = "Tanh",
                           .summary = "hyperbolic tangent",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::tanh_
