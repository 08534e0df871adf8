// Ranking within each output, for scope "output-wise".
#pragma once

#include "espalier/prune.h"
#include "prune/ranking/unit_scores.h"

namespace espalier::prune {

/// Each output loses floor(share * weights) of its own weights, in units that fit, and keeps `floor` units at
/// least. Where units span several outputs, those share a ranking. Clears the others in `mask`.
void write_outputs(const UnitScores& scores, const Target& target, std::int64_t floor, Mask& mask,
                   int threads);

}  // namespace espalier::prune
