// Element-wise functions of one operand through oneDNN, whose vector code beats calls of the C library.
#pragma once

#include <vector>

#include "runtime/lowering.h"
#include "runtime/onednn.h"

namespace espalier::runtime {

/// `alpha` and `beta` as oneDNN's documentation of the function says.
std::vector<Candidate> eltwise(const Site& site, dnnl::algorithm function, float alpha = 0, float beta = 0);

}  // namespace espalier::runtime
