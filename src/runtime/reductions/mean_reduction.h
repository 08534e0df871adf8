// The mean over some dimensions: ReduceMean and GlobalAveragePool.
#pragma once

#include <vector>

#include "espalier/tensor.h"
#include "runtime/execute/kernel.h"

namespace espalier::runtime {

/// `reduced[i]`: dimension i of `input` goes.
Candidate mean_over(const Shape& input, const std::vector<bool>& reduced);

}  // namespace espalier::runtime
