// Asinh: y = asinh(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::asinh_ {

extern const TrainOp asinh{
    .name = "Asinh", .summary = "at::asinh", .takes_lanes = true, .forward = unary<at::asinh>};

}  // namespace espalier::train::ops_::asinh_
