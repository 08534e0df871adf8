// Softsign: y = x / (1 + |x|).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::softsign_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return x / (1 + std::abs(x)); });
}

}  // namespace

extern const Operator softsign{.name = "Softsign",
                               .summary = "x / (1 + |x|)",
                               .infer = infer_same_float,
                               .evaluate = evaluate,
                               .couple = couple_elements};

}  // namespace espalier::ops_::softsign_
