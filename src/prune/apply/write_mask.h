// From decisions on units to bits of weights.
#pragma once

#include <cstdint>
#include <span>

#include "prune/ranking/chunks.h"
#include "prune/ranking/select_threshold.h"

namespace espalier::prune {

/// A weight with its place in the ranking that was cut.
struct Decided {
    const UnitScores* scores = nullptr;
    const Cut* cut = nullptr;  // nullptr: nothing goes
    std::size_t tensor = 0;
    Mask* mask = nullptr;
};

/// Clears in each mask what its cut takes.
void write_masks(std::span<const Decided> weights, int threads);

/// Clears the weights of the units first, first + 1, ... whose bits in `keep` are 0. Several threads may
/// write to one mask as long as their units differ.
void clear_units(const Tiling& tiling, std::int64_t first, std::int64_t count, const std::uint64_t* keep,
                 Mask& mask);

/// The same for one unit, as long as no other thread writes to the mask.
void clear_unit(const Tiling& tiling, std::int64_t unit, Mask& mask);

}  // namespace espalier::prune
