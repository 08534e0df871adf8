// Element-wise functions of one operand through oneDNN, whose vector code beats calls of the C library.
#pragma once

#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

/// In every layout that an image can have.
std::vector<Candidate> eltwise(const LoweringContext& site, const Function& function);

}  // namespace espalier::runtime
