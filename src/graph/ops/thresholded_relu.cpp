// ThresholdedRelu: y = x for x > alpha, else 0.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::thresholded_relu_ {
namespace {

void evaluate(Evaluation& e) {
    const float alpha = e.node().attribute_float("alpha", 1);
    map_floats(e, [alpha](auto x) { return x > alpha ? x : 0; });
}

}  // namespace

extern const Operator thresholded_relu{.name = "ThresholdedRelu",
                                       .summary = "0 up to a threshold",
                                       .infer = infer_same_float,
                                       .evaluate = evaluate,
                                       .couple = couple_elements};

}  // namespace espalier::ops_::thresholded_relu_
