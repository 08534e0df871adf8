// TopK (opset 11): the k largest (or smallest) elements along `axis` (default the last), in order, and where
// they are. Equal ones come in the order of their places.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "graph/computation/reduction.h"

namespace espalier::ops_::top_k_ {
namespace {

void infer(InferContext& context) {
    Dims out = context.input(0).dims;
    const std::size_t axis = context.axis_attribute(-1, out.size());
    const auto k = context.constant_int(1);
    if (k && (*k < 0 || (out[axis].is_fixed() && *k > out[axis].size())))
        context.fail(fmt::format("k={} of a dimension of {}", *k, to_string(Dims{out[axis]})));
    out[axis] = k ? Dim(*k) : Dim();
    context.set_output(0, {context.input(0).dtype, out});
    context.set_output(1, {DType::i64, out});
}

void evaluate(Evaluation& e) {
    const Shape& shape = e.input(0).shape();
    const std::size_t axis = e.axis(-1, shape.size());
    const bool largest = e.node().attribute_int("largest", 1) != 0;
    const auto k = e.integers(1).front();
    std::vector<std::int64_t> order(static_cast<std::size_t>(shape[axis]));
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* values = e.result<T>(0);
        std::int64_t* places = e.result<std::int64_t>(1);
        lines(shape, axis, [&](std::int64_t first, std::int64_t step, std::int64_t length) {
            const T* x = e.data<T>(0) + first;
            std::iota(order.begin(), order.end(), std::int64_t{0});
            std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
                return largest ? x[a * step] > x[b * step] : x[a * step] < x[b * step];
            });
            // The line starts at the same place of the outer dimensions, which now hold k instead of
            // `length`.
            const std::int64_t to = first / (step * length) * step * k + first % step;
            for (std::int64_t i = 0; i < k; ++i) {
                const std::int64_t place = order[static_cast<std::size_t>(i)];
                values[to + i * step] = x[place * step];
                places[to + i * step] = place;
            }
        });
    });
}

}  // namespace

extern const Operator top_k{.name = "TopK",
                            .summary = "the largest elements and where they are",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .outputs = 2,
                            .infer = infer,
                            .evaluate = evaluate};

}  // namespace espalier::ops_::top_k_
