// Acos: y = acos(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::acos_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::acos(x); });
}

}  // namespace

extern const Operator acos{.name = "Acos",
                           .summary = "arc cosine",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::acos_
