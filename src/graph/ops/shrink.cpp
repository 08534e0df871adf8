// Shrink: y = x + bias for x < -lambd, x - bias for x > lambd, else 0.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::shrink_ {
namespace {

void evaluate(Evaluation& e) {
    const double bias = e.node().attribute_float("bias", 0);
    const double lambda = e.node().attribute_float("lambd", 0.5F);
    map_numbers(e, [bias, lambda](auto x) {
        const auto v = static_cast<double>(x);
        return v < -lambda ? v + bias : v > lambda ? v - bias : 0;
    });
}

}  // namespace

extern const Operator shrink{.name = "Shrink",
                             .summary = "towards 0",
                             .infer = infer_same,
                             .evaluate = evaluate,
                             .couple = couple_elements};

}  // namespace espalier::ops_::shrink_
