// Exp: y = exp(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::exp_ {

extern const TrainOp exp{.name = "Exp", .summary = "at::exp", .takes_lanes = true, .forward = unary<at::exp>};

}  // namespace espalier::train::ops_::exp_
