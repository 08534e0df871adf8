// ReduceMax: the largest over `axes` (default all), which stay as 1 unless keepdims = 0.
#include <limits>

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_max_ {
namespace {

void evaluate(Evaluation& e) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        using Limits = std::numeric_limits<T>;
        const T start = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
        reduce<T>(
            e, start, [](T acc, T x) { return acc < x || x != x ? x : acc; },
            [](T acc, std::int64_t) { return acc; });
    });
}

}  // namespace

extern const Operator reduce_max{.name = "ReduceMax",
                                 .summary = "largest over dimensions",
                                 .infer = infer_reduction,
                                 .evaluate = evaluate,
                                 .couple = couple_reduction};

}  // namespace espalier::ops_::reduce_max_
