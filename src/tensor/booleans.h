// A C++ bool that is neither 0 nor 1 is undefined behaviour, so readers of files look before they give one
// away.
#pragma once

#include "espalier/tensor.h"

namespace espalier {

/// Throws BadData if `tensor` is of DType::boolean and holds a byte other than 0 and 1.
void check_booleans(const Tensor& tensor);

}  // namespace espalier
