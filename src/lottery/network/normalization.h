// Scales and shifts of normalisation layers.
#pragma once

#include <set>
#include <string>

#include "espalier/graph.h"

namespace espalier::lottery {

/// Initialisers that a BatchNormalization, LayerNormalization, GroupNormalization or InstanceNormalization
/// multiplies with or adds; running statistics are not among them.
std::set<std::string> normalization_parameters(const Graph& graph);

}  // namespace espalier::lottery
