// Max: the largest of the inputs at each place, with broadcasting.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::max_ {
namespace {

at::Tensor larger(const at::Tensor& a, const at::Tensor& b) { return at::maximum(a, b); }

}  // namespace

extern const TrainOp max{
    .name = "Max", .summary = "at::maximum", .takes_lanes = true, .forward = variadic<larger>};

}  // namespace espalier::train::ops_::max_
