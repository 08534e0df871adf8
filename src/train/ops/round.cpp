// Round: to the nearest integer, halves to the even one; its gradient is 0.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::round_ {

extern const TrainOp round{
    .name = "Round", .summary = "at::round", .takes_lanes = true, .forward = unary<at::round>};

}  // namespace espalier::train::ops_::round_
