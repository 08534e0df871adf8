// Exp: y = exp(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::exp_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::exp(x); });
}

}  // namespace

extern const Operator exp{.name = "Exp",
                          .summary = "exponential",
                          .infer = infer_same_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::exp_
