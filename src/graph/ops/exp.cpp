// Exp: y = exp(x).
#include <cmath>

#include "graph/computation/elementwise.h"

namespace espalier::ops_::exp_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::exp(x); });
}

}  // namespace

extern const Operator exp{
    .name = "Exp", .summary = "exponential", .infer = infer_same_float, .evaluate = evaluate};

}  // namespace espalier::ops_::exp_
