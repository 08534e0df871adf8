// ReduceLogSum: the logarithm of the sum over `axes` (default all), which stay as 1 unless keepdims = 0.
#include <cmath>

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::reduce_log_sum_ {
namespace {

void evaluate(Evaluation& e) {
    reduce_in_double(
        e, [](double x) { return x; }, [](double sum, std::int64_t) { return std::log(sum); });
}

}  // namespace

extern const Operator reduce_log_sum{.name = "ReduceLogSum",
                                     .summary = "logarithm of the sum over dimensions",
                                     .infer = infer_reduction,
                                     .evaluate = evaluate,
                                     .couple = couple_reduction};

}  // namespace espalier::ops_::reduce_log_sum_
