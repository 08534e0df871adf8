// Atan: y = atan(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::atan_ {

extern const TrainOp atan{
    .name = "Atan", .summary = "at::atan", .takes_lanes = true, .forward = unary<at::atan>};

}  // namespace espalier::train::ops_::atan_
