// Erf: the error function.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::erf_ {

extern const TrainOp erf{.name = "Erf", .summary = "at::erf", .takes_lanes = true, .forward = unary<at::erf>};

}  // namespace espalier::train::ops_::erf_
