// Relu: y = max(x, 0).
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::relu_ {
namespace {

void evaluate(Evaluation& e) {
    map_numbers(e, [](auto x) { return x < 0 ? 0 : x; });
}

}  // namespace

extern const Operator relu{.name = "Relu",
                           .summary = "max(x, 0)",
                           .infer = infer_same,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::relu_
