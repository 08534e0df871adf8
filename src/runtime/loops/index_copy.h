// Operators that only move elements of their first input, by constants: Slice, Gather, Pad, Tile, ... Where
// each element comes from is asked of the operator's plain computation once, when compiled.
#pragma once

#include <vector>

#include "runtime/lowering.h"

namespace espalier::runtime {

/// `fill` is the index of an input whose one element, a constant, stands where none comes from; 0 without
/// one.
std::vector<Candidate> moved(const LoweringContext& site, std::size_t fill = 0);

}  // namespace espalier::runtime
