// Mish: y = x * tanh(log(1 + exp(x))).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::mish_ {

extern const TrainOp mish{
    .name = "Mish", .summary = "at::mish", .takes_lanes = true, .forward = unary<at::mish>};

}  // namespace espalier::train::ops_::mish_
