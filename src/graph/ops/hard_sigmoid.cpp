// HardSigmoid: y = max(0, min(1, alpha * x + beta)).
#include <algorithm>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::hard_sigmoid_ {
namespace {

void evaluate(Evaluation& e) {
    const float alpha = e.node().attribute_float("alpha", 0.2F);
    const float beta = e.node().attribute_float("beta", 0.5F);
    map_floats(e, [alpha, beta](auto x) { return std::clamp<decltype(x)>(alpha * x + beta, 0, 1); });
}

}  // namespace

extern const Operator hard_sigmoid{.name = "HardSigmoid",
                                   .summary = "a line between 0 and 1",
                                   .infer = infer_same_float,
                                   .evaluate = evaluate,
                                   .couple = couple_elements};

}  // namespace espalier::ops_::hard_sigmoid_
