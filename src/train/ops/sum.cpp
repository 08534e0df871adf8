// Sum: the sum of the inputs, with broadcasting.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::sum_ {
namespace {

at::Tensor plus(const at::Tensor& a, const at::Tensor& b) { return a + b; }

}  // namespace

extern const TrainOp sum{.name = "Sum", .summary = "at::add", .takes_lanes = true, .forward = variadic<plus>};

}  // namespace espalier::train::ops_::sum_
