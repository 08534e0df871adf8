// Asin: y = asin(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::asin_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::asin(x); });
}

}  // namespace

extern const Operator asin{.name = "Asin",
                           .summary = "arc sine",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::asin_
