// ReduceLogSum: the logarithm of the sum over dimensions.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_log_sum_ {
namespace {

at::Tensor log_sum_over(const at::Tensor& x, const AtenReduction& over) { return sum_over(x, over).log(); }

}  // namespace

extern const TrainOp reduce_log_sum{
    .name = "ReduceLogSum", .summary = "at::sum and at::log", .forward = reduction<log_sum_over>};

}  // namespace espalier::train::ops_::reduce_log_sum_
