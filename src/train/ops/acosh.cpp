// Acosh: y = acosh(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::acosh_ {

extern const TrainOp acosh{
    .name = "Acosh", .summary = "at::acosh", .takes_lanes = true, .forward = unary<at::acosh>};

}  // namespace espalier::train::ops_::acosh_
