// Sign: y = -1, 0 or 1.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::sign_ {
namespace {

void evaluate(Evaluation& e) {
    map_numbers(e, [](auto x) { return (x > 0) - (x < 0); });
}

}  // namespace

extern const Operator sign{.name = "Sign",
                           .summary = "-1, 0 or 1",
                           .infer = infer_same,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::sign_
