// Erf: the error function, 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x. GELU (Hendrycks & Gimpel 2016)
// is x / 2 * (1 + erf(x / sqrt 2)).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::erf_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::erf(x); });
}

}  // namespace

extern const Operator erf{.name = "Erf",
                          .summary = "error function",
                          .infer = infer_same_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::erf_
