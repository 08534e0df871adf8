// HardSwish: y = x * max(0, min(1, x / 6 + 1 / 2)) (Howard et al. 2019, "Searching for MobileNetV3").
#include <algorithm>

#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::hard_swish_ {
namespace {

void evaluate(Evaluation& e) {
    map_floats(e, [](auto x) { return x * std::clamp<decltype(x)>(x / 6 + decltype(x)(0.5), 0, 1); });
}

}  // namespace

extern const Operator hard_swish{.name = "HardSwish",
                                 .summary = "x times a line between 0 and 1",
                                 .infer = infer_same_float,
                                 .evaluate = evaluate,
                                 .couple = couple_elements};

}  // namespace espalier::ops_::hard_swish_
