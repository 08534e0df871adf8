// Selu: y = gamma * x for x > 0, gamma * alpha * (exp(x) - 1) below (Klambauer et al. 2017).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::selu_ {
namespace {

void evaluate(Evaluation& e) {
    const float alpha = e.node().attribute_float("alpha", 1.67326319217681884765625F);
    const float gamma = e.node().attribute_float("gamma", 1.05070102214813232421875F);
    map_floats(e, [alpha, gamma](auto x) { return x > 0 ? gamma * x : gamma * alpha * std::expm1(x); });
}

}  // namespace

extern const Operator selu{.name = "Selu",
                           .summary = "scaled exponential below 0",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::selu_
