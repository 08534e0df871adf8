// Round: to the nearest integer, halves to the even one.
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::round_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::nearbyint(x); });
}

}  // namespace

extern const Operator round{.name = "Round",
                            .summary = "to the nearest integer",
                            .infer = infer_same_float,
                            .evaluate = evaluate,
                            .couple = couple_elements};

}  // namespace espalier::ops_::round_
