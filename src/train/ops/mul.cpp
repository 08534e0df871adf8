// Mul: element-wise product with broadcasting.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::mul_ {
namespace {

at::Tensor times(const at::Tensor& a, const at::Tensor& b) { return a * b; }

}  // namespace

extern const TrainOp mul{.name = "Mul", .summary = "at::mul", .takes_lanes = true, .forward = binary<times>};

}  // namespace espalier::train::ops_::mul_
