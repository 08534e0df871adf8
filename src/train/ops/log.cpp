// Log: y = log(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::log_ {

extern const TrainOp log{.name = "Log", .summary = "at::log", .takes_lanes = true, .forward = unary<at::log>};

}  // namespace espalier::train::ops_::log_
