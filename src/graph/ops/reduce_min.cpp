// ReduceMin: the smallest over `axes` (default all), which stay as 1 unless keepdims = 0.
#include <limits>

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_min_ {
namespace {

void evaluate(Evaluation& e) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        using Limits = std::numeric_limits<T>;
        const T start = Limits::has_infinity ? static_cast<T>(Limits::infinity()) : Limits::max();
        reduce<T>(
            e, start, [](T acc, T x) { return x < acc || x != x ? x : acc; },
            [](T acc, std::int64_t) { return acc; });
    });
}

}  // namespace

extern const Operator reduce_min{.name = "ReduceMin",
                                 .summary = "smallest over dimensions",
                                 .infer = infer_reduction,
                                 .evaluate = evaluate,
                                 .couple = couple_reduction};

}  // namespace espalier::ops_::reduce_min_
