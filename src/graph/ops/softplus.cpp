// Softplus: y = log(1 + exp(x)).
#include <algorithm>
#include <cmath>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::softplus_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return std::max(x, decltype(x)(0)) + std::log1p(std::exp(-std::abs(x))); });
}

}  // namespace

extern const Operator softplus{.name = "Softplus",
                               .summary = "log(1 + exp(x))",
                               .infer = infer_same_float,
                               .evaluate = evaluate,
                               .couple = couple_elements};

}  // namespace espalier::ops_::softplus_
