// Sin: y = sin(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::sin_ {

extern const TrainOp sin{.name = "Sin", .summary = "at::sin", .takes_lanes = true, .forward = unary<at::sin>};

}  // namespace espalier::train::ops_::sin_
