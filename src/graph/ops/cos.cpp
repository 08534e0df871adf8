// Cos: y = cos(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::cos_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::cos(x); });
}

}  // namespace

extern const Operator cos{.name = "Cos",
                          .summary = "cosine",
                          .infer = infer_same_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::cos_
