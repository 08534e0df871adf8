// The share of units to remove that leads to a target: regula falsi between networks that are larger and
// smaller.
#pragma once

#include "experiment/removal/remover.h"

namespace espalier::experiment {

/// `graph` is what `remover` makes smaller. Throws InvalidArgument for a target that cannot be met, with the
/// nearest, and Interrupted.
Remover::Result find_target(const Graph& graph, const Remover& remover, const RemovalTarget& target,
                            const Timing& timing, const Watch& watch);

}  // namespace espalier::experiment
