// Floor: y = floor(x); its gradient is 0.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::floor_ {

extern const TrainOp floor{
    .name = "Floor", .summary = "at::floor", .takes_lanes = true, .forward = unary<at::floor>};

}  // namespace espalier::train::ops_::floor_
