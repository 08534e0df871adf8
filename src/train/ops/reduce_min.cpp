// ReduceMin: the smallest over dimensions; equal ones share its gradient.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_min_ {
namespace {

at::Tensor min_over(const at::Tensor& x, const AtenReduction& over) {
    return over.axes.empty() ? x : at::amin(x, over.axes, over.keep);
}

}  // namespace

extern const TrainOp reduce_min{.name = "ReduceMin", .summary = "at::amin", .forward = reduction<min_over>};

}  // namespace espalier::train::ops_::reduce_min_
