// Signals "input-sum" and "output-sum", which follow from a weight itself.
#pragma once

#include <vector>

#include "espalier/prune.h"

namespace espalier::prune {

/// Sum of |w| over all outputs, of each input and place in the kernel.
std::vector<float> input_sums(const Candidate& candidate);
/// Sum of |w| over all inputs and places in the kernel, of each output.
std::vector<float> output_sums(const Candidate& candidate);

}  // namespace espalier::prune
