// Sqrt: y = sqrt(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::sqrt_ {

extern const TrainOp sqrt{
    .name = "Sqrt", .summary = "at::sqrt", .takes_lanes = true, .forward = unary<at::sqrt>};

}  // namespace espalier::train::ops_::sqrt_
