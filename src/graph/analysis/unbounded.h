// What signals make of a network to see how large its outputs grow with its weights.
#pragma once

#include <set>
#include <string>

#include "espalier/graph.h"

namespace espalier {

/// The network without what would keep its outputs from growing with its weights: a normalisation undoes
/// every change of scale, and a bound ends the gradient.
Graph without_bounds(Graph graph);

/// Parameters that are only added to values, as biases are.
std::set<std::string> offsets(const Graph& graph);

}  // namespace espalier
