// Sinh: y = sinh(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::sinh_ {

extern const TrainOp sinh{
    .name = "Sinh", .summary = "at::sinh", .takes_lanes = true, .forward = unary<at::sinh>};

}  // namespace espalier::train::ops_::sinh_
