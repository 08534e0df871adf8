// ReduceSumSquare: the sum of squares over dimensions.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_sum_square_ {
namespace {

at::Tensor sum_square_over(const at::Tensor& x, const AtenReduction& over) { return sum_over(x * x, over); }

}  // namespace

extern const TrainOp reduce_sum_square{
    .name = "ReduceSumSquare", .summary = "at::mul and at::sum", .forward = reduction<sum_square_over>};

}  // namespace espalier::train::ops_::reduce_sum_square_
