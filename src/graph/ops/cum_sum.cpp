// CumSum: y_i = x_0 + ... + x_i along an axis; `exclusive` without x_i, `reverse` from behind.
#include "graph/computation/reduction.h"

namespace espalier::ops_::cum_sum_ {
namespace {

void infer(InferContext& context) {
    if (const auto axis = context.constant_int(1)) context.axis(*axis, context.input(0).dims.size());
    infer_same(context);
}

void evaluate(Evaluation& e) {
    const Shape& shape = e.input(0).shape();
    const auto axis = e.integers(1).front();
    const bool exclusive = e.node().attribute_int("exclusive", 0) != 0;
    const bool reverse = e.node().attribute_int("reverse", 0) != 0;
    const auto over = static_cast<std::size_t>(axis < 0 ? axis + std::ssize(shape) : axis);
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        lines(shape, over, [&](std::int64_t first, std::int64_t step, std::int64_t length) {
            Accumulator<T> sum{};
            for (std::int64_t i = 0; i < length; ++i) {
                const std::int64_t at = first + (reverse ? length - 1 - i : i) * step;
                const auto x = static_cast<Accumulator<T>>(e.data<T>(0)[at]);
                e.result<T>()[at] = static_cast<T>(exclusive ? sum : sum + x);
                sum += x;
            }
        });
    });
}

}  // namespace

extern const Operator cum_sum{.name = "CumSum",
                              .summary = "sums of all elements so far",
                              .min_inputs = 2,
                              .max_inputs = 2,
                              .infer = infer,
                              .evaluate = evaluate};

}  // namespace espalier::ops_::cum_sum_
