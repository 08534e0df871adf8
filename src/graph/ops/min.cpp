// Min: the smallest of the inputs at each place, with numpy broadcasting; NaN where one is NaN.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::min_ {
namespace {

void evaluate(Evaluation& e) {
    accumulate_numbers(e, [](auto a, auto b) { return b < a || b != b ? b : a; });
}

}  // namespace

extern const Operator min{.name = "Min",
                          .summary = "smallest of the inputs",
                          .max_inputs = kAnyNumber,
                          .infer = infer_broadcast,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::min_
