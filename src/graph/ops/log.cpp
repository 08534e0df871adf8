// Log: y = log(x).
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::log_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::log(x); });
}

}  // namespace

extern const Operator log{.name = "Log",
                          .summary = "natural logarithm",
                          .infer = infer_same_float,
                          .evaluate = evaluate,
                          .couple = couple_elements};

}  // namespace espalier::ops_::log_
