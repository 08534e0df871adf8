// Ceil: y = ceil(x); its gradient is 0.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::ceil_ {

extern const TrainOp ceil{
    .name = "Ceil", .summary = "at::ceil", .takes_lanes = true, .forward = unary<at::ceil>};

}  // namespace espalier::train::ops_::ceil_
