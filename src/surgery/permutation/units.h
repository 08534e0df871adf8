// Units that can change places (graph/coupling/axis_groups.h), and how they do.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "espalier/tensor.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::surgery {

using Units = std::vector<const CoupledUnit*>;

/// Unit places[i] comes to the place of unit i, with every slice of it in `tensors`; slices of tensors that
/// are not there are left out. All units are of one path.
void move_units(NamedTensors& tensors, const Units& units, std::span<const std::int64_t> places);

}  // namespace espalier::surgery
