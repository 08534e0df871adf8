// LeakyRelu: y = x for x >= 0, alpha * x below.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::leaky_relu_ {
namespace {

void evaluate(Evaluation& e) {
    const float alpha = e.node().attribute_float("alpha", 0.01F);
    map_floats(e, [alpha](auto x) { return x < 0 ? alpha * x : x; });
}

}  // namespace

extern const Operator leaky_relu{.name = "LeakyRelu",
                                 .summary = "a smaller slope below 0",
                                 .infer = infer_same_float,
                                 .evaluate = evaluate,
                                 .couple = couple_elements};

}  // namespace espalier::ops_::leaky_relu_
