// What a removal must compute: the whole network with zeros in place of what went.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::surgery {

/// The network with all slices of these units zero; nodes that normalise or average over an axis of which
/// something went do so over what is left. Throws Unsupported for a node of which two axes get shorter.
Graph masked(Graph graph, const AxisGroups& groups, std::span<const CoupledUnit* const> units);

/// Names of these nodes, each with its operator.
std::vector<std::string> computed_over_rest(const Graph& graph, const AxisGroups& groups,
                                            std::span<const CoupledUnit* const> units);

}  // namespace espalier::surgery
