// N:M patterns: of every M weights along the inputs the N with the highest scores stay.
#pragma once

#include "prune/ranking/unit_scores.h"

namespace espalier::prune {

/// `weights` has single weights as units. The pattern says how many stay: in a group of t weights min(n, t),
/// fewer where fewer are left. Ties go by position. Clears the others in `mask`.
void write_pattern(const UnitScores& weights, std::int64_t n, std::int64_t m, Mask& mask, int threads);

}  // namespace espalier::prune
