// Abs: y = |x|.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::abs_ {

extern const TrainOp abs{.name = "Abs", .summary = "at::abs", .takes_lanes = true, .forward = unary<at::abs>};

}  // namespace espalier::train::ops_::abs_
