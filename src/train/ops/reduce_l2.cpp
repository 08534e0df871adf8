// ReduceL2: the root of the sum of squares over dimensions; its gradient is 0 where that is 0.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_l2_ {
namespace {

at::Tensor l2_over(const at::Tensor& x, const AtenReduction& over) {
    return over.axes.empty() ? x.abs() : at::norm(x, 2, over.axes, over.keep);
}

}  // namespace

extern const TrainOp reduce_l2{.name = "ReduceL2", .summary = "at::norm", .forward = reduction<l2_over>};

}  // namespace espalier::train::ops_::reduce_l2_
