// Tanh: y = tanh(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::tanh_ {

extern const TrainOp tanh{
    .name = "Tanh", .summary = "at::tanh", .takes_lanes = true, .forward = unary<at::tanh>};

}  // namespace espalier::train::ops_::tanh_
