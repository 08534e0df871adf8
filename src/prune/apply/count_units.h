// How many units of a tiling a mask leaves something of.
#pragma once

#include <cstdint>

#include "prune/units/tiling.h"

namespace espalier::prune {

std::int64_t count_units(const Tiling& tiling, const Mask& mask, int threads);

}  // namespace espalier::prune
