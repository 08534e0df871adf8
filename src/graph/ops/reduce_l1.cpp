// ReduceL1: the sum of absolute values over `axes` (default all), which stay as 1 unless keepdims = 0.
#include <cmath>

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_l1_ {
namespace {

void evaluate(Evaluation& e) {
    reduce_in_double(
        e, [](double x) { return std::abs(x); }, [](double sum, std::int64_t) { return sum; });
}

}  // namespace

extern const Operator reduce_l1{.name = "ReduceL1",
                                .summary = "sum of absolute values over dimensions",
                                .infer = infer_reduction,
                                .evaluate = evaluate,
                                .couple = couple_sum};

}  // namespace espalier::ops_::reduce_l1_
