// Acosh: y = acosh(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::acosh_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::acosh(x); });
}

}  // namespace

extern const Operator acosh{.name = "Acosh",
                            .summary = "inverse hyperbolic cosine",
                            .infer = infer_same_float,
                            .evaluate = evaluate,
                            .couple = couple_elements};

}  // namespace espalier::ops_::acosh_
