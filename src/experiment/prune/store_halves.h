// Constants kept as f16 in a file, for half of its bytes: each is widened by a Cast where the network reads
// it, so any program computes in f32 as before, on weights that are rounded to 11 bits.
#pragma once

#include <cstdint>

#include "espalier/graph.h"

namespace espalier::experiment {

struct StoredHalves {
    std::int64_t tensors = 0;   // that became halves
    std::int64_t kept = 0;      // of f32 that did not, as f16 has no such numbers
    double largest_change = 0;  // of an element, over the largest of its tensor
};

/// Of the constants of `graph`, not those of bodies: f32 ones of 64 elements and more that are no scales of
/// quantised values. A tensor with a number
/// beyond 65,504, or of which the largest is below 2^-14, stays f32; the others change by at most 2^-11 of
/// their largest.
StoredHalves store_as_halves(Graph& graph);

}  // namespace espalier::experiment
