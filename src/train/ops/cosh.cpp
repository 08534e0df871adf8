// Cosh: y = cosh(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::cosh_ {

extern const TrainOp cosh{
    .name = "Cosh", .summary = "at::cosh", .takes_lanes = true, .forward = unary<at::cosh>};

}  // namespace espalier::train::ops_::cosh_
