// Relu: y = max(x, 0).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::relu_ {

extern const TrainOp relu{
    .name = "Relu", .summary = "at::relu", .takes_lanes = true, .forward = unary<at::relu>};

}  // namespace espalier::train::ops_::relu_
