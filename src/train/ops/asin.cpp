// Asin: y = asin(x).
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::asin_ {

extern const TrainOp asin{
    .name = "Asin", .summary = "at::asin", .takes_lanes = true, .forward = unary<at::asin>};

}  // namespace espalier::train::ops_::asin_
