// IsInf: whether an element is infinite; detect_positive and detect_negative choose the side.
#include <cmath>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::is_inf_ {
namespace {

void infer(InferContext& context) {
    context.require_float(0);
    context.set_output(0, {DType::boolean, context.input(0).dims});
}

void evaluate(Evaluation& e) {
    const bool above = e.node().attribute_int("detect_positive", 1) != 0;
    const bool below = e.node().attribute_int("detect_negative", 1) != 0;
    e.floats(e.dtype(), [&](auto zero) {
        bool* y = e.result<bool>();
        for (const auto x : e.input(0).as<decltype(zero)>()) *y++ = std::isinf(x) && (x > 0 ? above : below);
    });
}

}  // namespace

extern const Operator is_inf{.name = "IsInf",
                             .summary = "whether it is infinite",
                             .infer = infer,
                             .evaluate = evaluate,
                             .couple = couple_elements};

}  // namespace espalier::ops_::is_inf_
