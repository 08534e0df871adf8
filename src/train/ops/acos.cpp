// Acos: y = acos(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::acos_ {

extern const TrainOp acos{
    .name = "Acos", .summary = "at::acos", .takes_lanes = true, .forward = unary<at::acos>};

}  // namespace espalier::train::ops_::acos_
