// ReduceL2: the root of the sum of squares over `axes` (default all), which stay as 1 unless keepdims = 0.
#include <cmath>

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_l2_ {
namespace {

void evaluate(Evaluation& e) {
    reduce_in_double(
        e, [](double x) { return x * x; }, [](double sum, std::int64_t) { return std::sqrt(sum); });
}

}  // namespace

extern const Operator reduce_l2{.name = "ReduceL2",
                                .summary = "Euclidean norm over dimensions",
                                .infer = infer_reduction,
                                .evaluate = evaluate,
                                .couple = couple_sum};

}  // namespace espalier::ops_::reduce_l2_
