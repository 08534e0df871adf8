// What signals make of the normalisations in a network.
#pragma once

#include "espalier/graph.h"

namespace espalier::train {

/// The network without what would keep its outputs from growing with its weights: a normalisation undoes
/// every change of scale, and a bound ends the gradient.
Graph without_bounds(Graph graph);

}  // namespace espalier::train
