// What signals make of the normalisations in a network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::train {

/// gamma of the batch normalisation behind each prunable weight, one an output. A layer without one, as the
/// last, stands with the largest |gamma| of the network: what is known to matter little goes first. Throws
/// InvalidArgument for a network without any.
std::map<std::string, std::vector<float>> scales_behind(const Graph& graph, const Weights& weights);

/// The network without what would keep its outputs from growing with its weights: a normalisation undoes
/// every change of scale, and a bound ends the gradient.
Graph without_bounds(Graph graph);

}  // namespace espalier::train
