// Mish: y = x * tanh(log(1 + exp(x))) (Misra 2019).
#include <algorithm>
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::mish_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) {
        return x * std::tanh(std::max(x, decltype(x)(0)) + std::log1p(std::exp(-std::abs(x))));
    });
}

}  // namespace

extern const Operator mish{.name = "Mish",
                           .summary = "x * tanh(softplus(x))",
                           .infer = infer_same_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::mish_
