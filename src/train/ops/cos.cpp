// Cos: y = cos(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::cos_ {

extern const TrainOp cos{.name = "Cos", .summary = "at::cos", .takes_lanes = true, .forward = unary<at::cos>};

}  // namespace espalier::train::ops_::cos_
