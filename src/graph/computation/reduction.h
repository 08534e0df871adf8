// Operators that reduce dimensions to one number, and those that go along one dimension.
#pragma once

#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier {

/// Shape rule: `axes` (an attribute or input 1, default all) stay as 1 unless keepdims = 0.
void infer_reduction(InferContext& context);

/// Axes that it leaves belong together.
void couple_reduction(Coupling& coupling);
/// The same of sums and means, which may be over what is left of an axis.
void couple_sum(Coupling& coupling);
void couple_mean(Coupling& coupling);

/// What a reduction goes over: the positions in the output for the input's dimensions, and how many elements
/// come together in one output.
struct Reduction {
    Shape strides;
    std::int64_t count = 1;
    static Reduction of(const Evaluation& e);
};

/// Folds the elements of each output from `start` on: acc = step(acc, x); then y = finish(acc, count).
template <class T, class Acc, class Step, class Finish>
void reduce(Evaluation& e, Acc start, const Step& step, const Finish& finish) {
    const Reduction reduction = Reduction::of(e);
    const auto y = e.output().as<T>();
    std::vector<Acc> folded(y.size(), start);
    const T* x = e.data<T>(0);
    walk<1>(e.input(0).shape(), {reduction.strides}, [&](const auto& at) {
        Acc& acc = folded[static_cast<std::size_t>(at[0])];
        acc = step(acc, *x++);
    });
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<T>(finish(folded[i], reduction.count));
}

/// Sums of double for floating point, of 64 bits that wrap around for integers.
template <class T>
using Accumulator = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;

/// reduce() by a sum of f(x) of every element's accumulator type, for any numbers.
template <class F>
void reduce_sum(Evaluation& e, const F& f) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        using Acc = Accumulator<T>;
        reduce<T>(
            e, Acc{}, [&](Acc acc, T x) { return acc + f(static_cast<Acc>(x)); },
            [](Acc acc, std::int64_t) { return acc; });
    });
}

/// The same in double whatever the type, with `finish` at the end.
template <class F, class Finish>
void reduce_in_double(Evaluation& e, const F& f, const Finish& finish) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        reduce<T>(
            e, 0.0, [&](double acc, T x) { return acc + f(static_cast<double>(x)); }, finish);
    });
}

/// Calls visit(first, step, length) for every line along dimension `axis`: positions of its elements.
template <class Visit>
void lines(const Shape& shape, std::size_t axis, const Visit& visit) {
    const std::int64_t step = product_of(shape, axis + 1, shape.size());
    const std::int64_t outer = product_of(shape, 0, axis);
    for (std::int64_t i = 0; i < outer; ++i) {
        for (std::int64_t k = 0; k < step; ++k) visit(i * shape[axis] * step + k, step, shape[axis]);
    }
}

}  // namespace espalier
