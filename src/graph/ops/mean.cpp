// Mean: the mean of the inputs, with numpy broadcasting.
#include "graph/computation/elementwise.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::mean_ {
namespace {

void evaluate(Evaluation& e) {
    accumulate_numbers(e, [](auto a, auto b) { return a + b; });
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        for (T& y : e.output().as<T>()) y /= static_cast<T>(e.input_count());
    });
}

}  // namespace

extern const Operator mean{.name = "Mean",
                           .summary = "mean of the inputs",
                           .max_inputs = kAnyNumber,
                           .infer = infer_broadcast_float,
                           .evaluate = evaluate,
                           .couple = couple_elements};

}  // namespace espalier::ops_::mean_
