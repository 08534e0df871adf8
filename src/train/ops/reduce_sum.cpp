// ReduceSum: the sum over dimensions.
#include "train/executor/reduction.h"

namespace espalier::train::ops_::reduce_sum_ {

extern const TrainOp reduce_sum{.name = "ReduceSum", .summary = "at::sum", .forward = reduction<sum_over>};

}  // namespace espalier::train::ops_::reduce_sum_
