// Sign: y = -1, 0 or 1; its gradient is 0.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::sign_ {

extern const TrainOp sign{
    .name = "Sign", .summary = "at::sign", .takes_lanes = true, .forward = unary<at::sign>};

}  // namespace espalier::train::ops_::sign_
