// Tan: y = tan(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::tan_ {

extern const TrainOp tan{.name = "Tan", .summary = "at::tan", .takes_lanes = true, .forward = unary<at::tan>};

}  // namespace espalier::train::ops_::tan_
