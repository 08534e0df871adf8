// Sub: element-wise difference with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::sub_ {
namespace {

void evaluate(Evaluation& e) {
    zip_numbers(e, [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x - y; }); });
}

}  // namespace

extern const Operator sub{.name = "Sub",
                          .summary = "element-wise difference",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_broadcast,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::sub_
