// Element-wise arithmetic of two operands with numpy broadcasting: Add, Sub, Mul, Div.
#pragma once

#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

enum class Arithmetic : unsigned char { add, sub, mul, div };

std::vector<Candidate> binary(const LoweringContext& site, Arithmetic operation);

}  // namespace espalier::runtime
