// Sigmoid: y = 1 / (1 + exp(-x)).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::sigmoid_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return 1 / (1 + std::exp(-x)); });
}

}  // namespace

extern const Operator sigmoid{.name = "Sigmoid",
                              .summary = "1 / (1 + exp(-x))",
                              .infer = infer_same_float,
                              .evaluate = evaluate,
                              .couple = couple_elements};

}  // namespace espalier::ops_::sigmoid_
