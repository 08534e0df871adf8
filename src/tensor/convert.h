// Between element types, as ONNX's Cast: towards zero from floating point to integers (the nearest bound
// where that does not fit, 0 for NaN), modulo 2^bits between integers, to the nearest even between kinds of
// floating point, and bool is "not 0".
#pragma once

#include "base/halves.h"
#include "espalier/tensor.h"

namespace espalier {

Tensor converted(const Tensor& tensor, DType dtype);

inline bool is_half(DType dtype) { return dtype == DType::f16 || dtype == DType::bf16; }
/// Floating point of any width.
inline bool is_float(DType dtype) { return dtype == DType::f32 || dtype == DType::f64 || is_half(dtype); }

}  // namespace espalier
