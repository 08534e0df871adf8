// Min: the smallest of the inputs at each place, with broadcasting.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::min_ {
namespace {

at::Tensor smaller(const at::Tensor& a, const at::Tensor& b) { return at::minimum(a, b); }

}  // namespace

extern const TrainOp min{
    .name = "Min", .summary = "at::minimum", .takes_lanes = true, .forward = variadic<smaller>};

}  // namespace espalier::train::ops_::min_
