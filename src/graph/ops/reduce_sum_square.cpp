// ReduceSumSquare: the sum of squares over `axes` (default all), which stay as 1 unless keepdims = 0.
#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_sum_square_ {
namespace {

void evaluate(Evaluation& e) {
    reduce_sum(e, [](auto x) { return x * x; });
}

}  // namespace

extern const Operator reduce_sum_square{.name = "ReduceSumSquare",
                                        .summary = "sum of squares over dimensions",
                                        .infer = infer_reduction,
                                        .evaluate = evaluate,
                                        .couple = couple_sum};

}  // namespace espalier::ops_::reduce_sum_square_
