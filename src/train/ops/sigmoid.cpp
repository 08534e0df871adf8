// Sigmoid: y = 1 / (1 + exp(-x)).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::sigmoid_ {

extern const TrainOp sigmoid{
    .name = "Sigmoid", .summary = "at::sigmoid", .takes_lanes = true, .forward = unary<at::sigmoid>};

}  // namespace espalier::train::ops_::sigmoid_
