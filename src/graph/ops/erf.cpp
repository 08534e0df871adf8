// Erf: the error function, 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x. GELU (Hendrycks & Gimpel 2016)
// is x / 2 * (1 + erf(x / sqrt 2)).
#include "graph/op.h"

namespace espalier::ops_ {

extern const Operator erf{.name = "Erf", .summary = "error function", .infer = infer_same};

}  // namespace espalier::ops_
