// Sum: the sum of the inputs, with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::sum_ {
namespace {

void evaluate(Evaluation& e) {
    accumulate_numbers(e, [](auto a, auto b) { return a + b; });
}

}  // namespace

extern const Operator sum{.name = "Sum",
                          .summary = "sum of the inputs",
                          .max_inputs = kAnyNumber,
                          .infer = infer_broadcast_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::sum_
