// Atanh: y = atanh(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::atanh_ {

extern const TrainOp atanh{
    .name = "Atanh", .summary = "at::atanh", .takes_lanes = true, .forward = unary<at::atanh>};

}  // namespace espalier::train::ops_::atanh_
