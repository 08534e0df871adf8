// IsNaN: whether an element is not a number.
#include <cmath>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::is_nan_ {
namespace {

void infer(InferContext& context) {
    context.require_float(0);
    context.set_output(0, {DType::boolean, context.input(0).dims});
}

void evaluate(Evaluation& e) {
    e.floats(e.dtype(), [&](auto zero) {
        bool* y = e.result<bool>();
        for (const auto x : e.input(0).as<decltype(zero)>()) *y++ = std::isnan(x);
    });
}

}  // namespace

extern const Operator is_nan{.name = "IsNaN",
                             .summary = "whether it is not a number",
                             .infer = infer,
                             .evaluate = evaluate,
                             .couple = couple_elements};

}  // namespace espalier::ops_::is_nan_
