// Add: element-wise sum with broadcasting.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::add_ {
namespace {

at::Tensor plus(const at::Tensor& a, const at::Tensor& b) { return a + b; }

}  // namespace

extern const TrainOp add{.name = "Add", .summary = "at::add", .forward = binary<plus>};

}  // namespace espalier::train::ops_::add_
