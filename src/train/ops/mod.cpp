// Mod: the remainder of a / b with the sign of a, as numbers of floating point have it.
#include "train/executor/elementwise.h"

namespace espalier::train::ops_::mod_ {
namespace {

at::Tensor remainder_of(const at::Tensor& a, const at::Tensor& b) { return at::fmod(a, b); }

}  // namespace

extern const TrainOp mod{
    .name = "Mod", .summary = "at::fmod", .takes_lanes = true, .forward = binary<remainder_of>};

}  // namespace espalier::train::ops_::mod_
