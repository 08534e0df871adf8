// ReduceSum: the sum over `axes` (default all), which stay as 1 unless keepdims = 0.
#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_sum_ {
namespace {

void evaluate(Evaluation& e) {
    reduce_sum(e, [](auto x) { return x; });
}

}  // namespace

extern const Operator reduce_sum{.name = "ReduceSum",
                                 .summary = "sum over dimensions",
                                 .max_inputs = 2,
                                 .infer = infer_reduction,
                                 .evaluate = evaluate,
                                 .couple = couple_sum};

}  // namespace espalier::ops_::reduce_sum_
