// Sub: element-wise difference with broadcasting.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::sub_ {
namespace {

at::Tensor minus(const at::Tensor& a, const at::Tensor& b) { return a - b; }

}  // namespace

extern const TrainOp sub{.name = "Sub", .summary = "at::sub", .takes_lanes = true, .forward = binary<minus>};

}  // namespace espalier::train::ops_::sub_
