// Elu: y = x for x >= 0, alpha * (exp(x) - 1) below (Clevert et al. 2015).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::elu_ {
namespace {

void evaluate(Evaluation& e) {
    const float alpha = e.node().attribute_float("alpha", 1);
    map_floats(e, [alpha](auto x) { return x < 0 ? alpha * std::expm1(x) : x; });
}

}  // namespace

extern const Operator elu{.name = "Elu",
                          .summary = "exponential below 0",
                          .infer = infer_same_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::elu_
