// Div: element-wise quotient with broadcasting.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::div_ {
namespace {

at::Tensor over(const at::Tensor& a, const at::Tensor& b) { return a / b; }

}  // namespace

extern const TrainOp div{.name = "Div", .summary = "at::div", .takes_lanes = true, .forward = binary<over>};

}  // namespace espalier::train::ops_::div_
