// Clip: y = min(max(x, low), high), each bound a scalar or left out. ReLU6 is Clip(x, 0, 6).
#include <algorithm>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::clip_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    for (std::size_t i = 1; i < 3; ++i) {
        if (context.has_input(i) && !context.input(i).dims.empty()) {
            context.fail((i == 1 ? "min has shape " : "max has shape ") + to_string(context.input(i).dims) +
                         ", expected a scalar");
        }
    }
    infer_same(context);
}

void evaluate(Evaluation& e) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* y = e.result<T>();
        for (T x : e.input(0).as<T>()) {
            if (e.has_input(1)) x = std::max(x, *e.data<T>(1));
            if (e.has_input(2)) x = std::min(x, *e.data<T>(2));
            *y++ = x;
        }
    });
}

}  // namespace

extern const Operator clip{.name = "Clip",
                           .summary = "bounded below and above",
                           .min_inputs = 1,
                           .max_inputs = 3,
                           .infer = infer,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::clip_
