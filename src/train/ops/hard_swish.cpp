// HardSwish: y = x * max(0, min(1, x / 6 + 1 / 2)).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::hard_swish_ {

extern const TrainOp hard_swish{
    .name = "HardSwish", .summary = "at::hardswish", .takes_lanes = true, .forward = unary<at::hardswish>};

}  // namespace espalier::train::ops_::hard_swish_
