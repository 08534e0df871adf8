// Add: element-wise sum with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::add_ {
namespace {

void evaluate(Evaluation& e) {
    zip_numbers(e, [](auto a, auto b) { return wrapping(a, b, [](auto x, auto y) { return x + y; }); });
}

}  // namespace

extern const Operator add{.name = "Add",
                          .summary = "element-wise sum",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_broadcast,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::add_
