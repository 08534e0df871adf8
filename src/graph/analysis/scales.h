// Scales of the normalisations behind layers: a criterion reads them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

/// gamma of the batch normalisation behind each prunable weight, one an output. A layer without one, as the
/// last, stands with the largest |gamma| of the network: what is known to matter little goes first. Throws
/// InvalidArgument for a network without any.
std::map<std::string, std::vector<float>> scales_behind(const Graph& graph, const Weights& weights,
                                                        const std::vector<std::string>& include = {});

}  // namespace espalier
