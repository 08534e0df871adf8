// ReduceMean: the mean over dimensions.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_mean_ {
namespace {

at::Tensor mean_over(const at::Tensor& x, const AtenReduction& over) {
    return over.axes.empty() ? x : x.mean(over.axes, over.keep);
}

}  // namespace

extern const TrainOp reduce_mean{
    .name = "ReduceMean", .summary = "at::mean", .forward = reduction<mean_over>};

}  // namespace espalier::train::ops_::reduce_mean_
