// ReduceLogSumExp: log(sum(exp(x))) over dimensions.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_log_sum_exp_ {
namespace {

at::Tensor log_sum_exp_over(const at::Tensor& x, const AtenReduction& over) {
    return over.axes.empty() ? x : at::logsumexp(x, over.axes, over.keep);
}

}  // namespace

extern const TrainOp reduce_log_sum_exp{
    .name = "ReduceLogSumExp", .summary = "at::logsumexp", .forward = reduction<log_sum_exp_over>};

}  // namespace espalier::train::ops_::reduce_log_sum_exp_
