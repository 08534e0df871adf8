// Mul: element-wise product with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::mul_ {
namespace {

void evaluate(Evaluation& e) {
    zip_numbers(e, [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x * y; }); });
}

}  // namespace

extern const Operator mul{.name = "Mul",
                          .summary = "element-wise product",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_broadcast,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::mul_
