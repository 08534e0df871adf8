// Reciprocal: y = 1 / x.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::reciprocal_ {

extern const TrainOp reciprocal{
    .name = "Reciprocal", .summary = "at::reciprocal", .takes_lanes = true, .forward = unary<at::reciprocal>};

}  // namespace espalier::train::ops_::reciprocal_
