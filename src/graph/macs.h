// Multiply-adds, the one place where they are counted. Sizes that are not known count as one.
#pragma once

#include <map>
#include <string>

#include "espalier/graph.h"

namespace espalier {

using Types = std::map<std::string, ValueType>;

/// Examples that the network takes at once, if its shapes say so. Dimension 0 of a value need not count them:
/// attention often has the tokens there.
double batch_of(const Graph& graph);

/// How often `node` uses each element of its weight, of `shape`, for all that the network takes at
/// once.
double uses_of_weight(const Node& node, const Shape& shape, const Types& types);

/// Multiply-adds of an operator without a prunable weight, for all that the network takes at once: of two
/// activations, as in attention, of a transposed convolution, and of recurrent layers.
double macs_without_weight(const Node& node, const Types& types);

}  // namespace espalier
