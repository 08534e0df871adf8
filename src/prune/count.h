// Shares to whole numbers, by one rule for all of pruning.
#pragma once

#include <cstdint>

#include "espalier/prune.h"

namespace espalier::prune {

/// floor(share * count), where `share` is the decimal its writer meant: 0.29 of 100 is 29 although the double
/// nearest to 0.29 lies below it.
std::int64_t floor_share(double share, std::int64_t count);

/// How many of `left` weights, of `count` there were, go to meet `target`; 0 if it is met already. The target
/// is a valid one.
std::int64_t cut_for(const Target& target, std::int64_t count, std::int64_t left);

}  // namespace espalier::prune
