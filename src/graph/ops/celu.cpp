// Celu: y = max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0) (Barron 2017).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::celu_ {
namespace {

void evaluate(Evaluation& e) {
    const float alpha = e.node().attribute_float("alpha", 1);
    map_floats(e, [alpha](auto x) { return x < 0 ? alpha * std::expm1(x / alpha) : x; });
}

}  // namespace

extern const Operator celu{.name = "Celu",
                           .summary = "smooth exponential below 0",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::celu_
