// A guess at where the threshold of a ranking lies, from a sample of its scores.
#pragma once

#include <optional>

#include "prune/ranking/threshold_count.h"

namespace espalier::prune {

struct Guess {
    Bracket bracket = {};
    std::int64_t expected = 0;  // units within the bracket
};

/// A bracket that most likely holds the score below which lies `share` of the cost; nothing if so little is
/// left that a sample says nothing. Depends on the ranking only.
std::optional<Guess> guess_threshold(const Ranking& ranking, double share);

}  // namespace espalier::prune
