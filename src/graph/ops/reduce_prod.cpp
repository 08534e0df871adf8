// ReduceProd: the product over `axes` (default all), which stay as 1 unless keepdims = 0.
#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_prod_ {
namespace {

void evaluate(Evaluation& e) {
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        using Acc = Accumulator<T>;
        reduce<T>(
            e, Acc{1}, [](Acc acc, T x) { return acc * static_cast<Acc>(x); },
            [](Acc acc, std::int64_t) { return acc; });
    });
}

}  // namespace

extern const Operator reduce_prod{.name = "ReduceProd",
                                  .summary = "product over dimensions",
                                  .infer = infer_reduction,
                                  .evaluate = evaluate,
                                  .couple = couple_reduction};

}  // namespace espalier::ops_::reduce_prod_
