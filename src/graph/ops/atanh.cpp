// Atanh: y = atanh(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::atanh_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::atanh(x); });
}

}  // namespace

extern const Operator atanh{.name = "Atanh",
                            .summary = "inverse hyperbolic tangent",
                            .infer = infer_same_float,
                            .evaluate = evaluate,
                            .couple = couple_elements};

}  // namespace espalier::ops_::atanh_
