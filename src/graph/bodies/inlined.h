// Bodies of If, Loop and Scan as nodes of the graph around them.
#pragma once

#include "espalier/graph.h"

namespace espalier {

/// Whether bodies say what the node computes: an If, a Loop or a Scan.
bool has_bodies(const Node& node);
bool has_bodies(const Graph& graph);

/// The graph with the nodes of a body, once a round, in place of every If, Loop and Scan of which constants
/// and shapes tell the branch or the number of rounds (`initializers` that are parameters tell nothing: they
/// change), up to 100,000 nodes in all. Others stay. Every round reads the same weights, under their names.
/// Throws InvalidModel or Unsupported as infer_types() does.
Graph with_bodies_inlined(const Graph& graph);

}  // namespace espalier
