// What every ranking is measured against: one pass that only sums the absolute weights, with the widest
// vectors of the machine and on all cores.
#pragma once

#include <span>
#include <vector>

namespace espalier::prune {

double sum_of_sizes(const std::vector<std::vector<float>>& tensors);

}  // namespace espalier::prune
