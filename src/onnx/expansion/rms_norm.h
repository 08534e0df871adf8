// x / sqrt(mean of x^2 + epsilon), spelled with a mean.
#pragma once

#include "onnx/expansion/expansion.h"

namespace espalier::onnx {

/// Over the dimensions of `x` from the node's axis (default the last) on; halves are computed as f32, as
/// stash_type says by default.
std::string rms_normal(Expansion& e, const std::string& x, const Dims& dims, DType dtype);

}  // namespace espalier::onnx
