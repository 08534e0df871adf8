// ReduceMax: the largest over dimensions; equal ones share its gradient.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_max_ {
namespace {

at::Tensor max_over(const at::Tensor& x, const AtenReduction& over) {
    return over.axes.empty() ? x : at::amax(x, over.axes, over.keep);
}

}  // namespace

extern const TrainOp reduce_max{.name = "ReduceMax", .summary = "at::amax", .forward = reduction<max_over>};

}  // namespace espalier::train::ops_::reduce_max_
