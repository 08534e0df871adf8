// ReduceL1: the sum of absolute values over dimensions.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_l1_ {
namespace {

at::Tensor l1_over(const at::Tensor& x, const AtenReduction& over) { return sum_over(x.abs(), over); }

}  // namespace

extern const TrainOp reduce_l1{
    .name = "ReduceL1", .summary = "at::abs and at::sum", .forward = reduction<l1_over>};

}  // namespace espalier::train::ops_::reduce_l1_
