// Cuts the layers of one pool and keeps the floor of each.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "prune/ranking/select_threshold.h"
#include "prune/scope.h"

namespace espalier::prune {

struct PoolResult {
    std::vector<RankCount> taken = {};  // of each layer of the pool
    std::vector<std::string> notes = {};
};

/// `weights` and `masks` are those of all layers. Units go by score until `pool.cut` is reached; a layer that
/// would keep fewer than `floor` units keeps its best `floor`, and the others lose the more. Clears what goes
/// in `masks`.
PoolResult cut_pool(const Pool& pool, std::span<const UnitScores> weights, std::int64_t floor,
                    std::span<Mask> masks, int threads);

}  // namespace espalier::prune
