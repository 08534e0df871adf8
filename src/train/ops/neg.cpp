// Neg: y = -x.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::neg_ {

extern const TrainOp neg{.name = "Neg", .summary = "at::neg", .takes_lanes = true, .forward = unary<at::neg>};

}  // namespace espalier::train::ops_::neg_
