// What a removal must compute: the whole network with zeros in place of what went.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::surgery {

/// What zero is in a network that keeps weights as integers.
struct StoredZeros {
    std::map<std::string, std::vector<std::int64_t>> zero_points = {};  // of each element of these weights
    std::set<std::string> scales = {};  // numbers that stay: what they scale is zero
};

/// The network with all slices of these units zero, of integers the zero point; nodes that normalise or
/// average over an axis of which something went do so over what is left. Throws Unsupported for a node of
/// which two axes get shorter.
Graph masked(Graph graph, const AxisGroups& groups, std::span<const CoupledUnit* const> units,
             const StoredZeros& zeros);

/// Names of these nodes, each with its operator.
std::vector<std::string> computed_over_rest(const Graph& graph, const AxisGroups& groups,
                                            std::span<const CoupledUnit* const> units);

}  // namespace espalier::surgery
