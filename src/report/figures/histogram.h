// Counts of weights in bins of equal width.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace espalier::report {

/// `counts.size()` bins over [-reach, reach]; what lies on the outer edge counts in the outermost bin.
struct Histogram {
    std::vector<std::int64_t> counts;
    std::int64_t not_finite = 0;
};

/// The greatest magnitude among finite weights; 0 if there are none.
float reach(std::span<const float> weights);
/// Up to the next number of two digits, so that an axis ends in one: 0.1337 -> 0.14.
float rounded_up(float reach);

/// Counts the weights that are not zero (a pruned weight is exactly zero) or, with `zeros`, all of them.
Histogram histogram(std::span<const float> weights, float reach, int bins, bool zeros);

}  // namespace espalier::report
