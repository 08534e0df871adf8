// Max: the largest of the inputs at each place, with numpy broadcasting; NaN where one is NaN.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::max_ {
namespace {

void evaluate(Evaluation& e) {
    accumulate_numbers(e, [](auto a, auto b) { return a < b || b != b ? b : a; });
}

}  // namespace

extern const Operator max{.name = "Max",
                          .summary = "largest of the inputs",
                          .max_inputs = kAnyNumber,
                          .infer = infer_broadcast,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::max_
