// PRelu: y = x for x >= 0, slope * x below; the slope is repeated to the shape of x.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::prelu_ {
namespace {

at::Tensor sloped(const at::Tensor& a, const at::Tensor& b) { return at::where(a < 0, b * a, a); }

}  // namespace

extern const TrainOp prelu{
    .name = "PRelu", .summary = "at::where", .takes_lanes = true, .forward = binary<sloped>};

}  // namespace espalier::train::ops_::prelu_
