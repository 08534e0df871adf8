// Multiply-adds, the one place where they are counted. What depends on an open dimension is NaN, never a
// guess.
#pragma once

#include <map>
#include <string>

#include "espalier/graph.h"

namespace espalier {

using Types = std::map<std::string, ValueType>;

/// Examples that the network takes at once, if its shapes say so. Dimension 0 of a value need not count them:
/// attention often has the tokens there.
double batch_of(const Graph& graph);

/// The types to count with: an open dimension 0 of an input is the batch, and counts as one example; other
/// open dimensions stay open. Throws what infer_types() throws.
Types types_of_one_example(const Graph& graph);

/// How often `node` uses each element of the weight that it reads at `input` as of `shape`, for all that the
/// network takes at once. NaN if that depends on an open dimension.
double uses_of_weight(const Node& node, std::size_t input, const Shape& shape, const Types& types);

/// Multiply-adds of a node without a prunable weight, for all that the network takes at once: of two
/// activations, as in attention, of a transposed convolution, of a recurrent layer. NaN if they depend on an
/// open dimension, or on how often a body runs.
double macs_without_weight(const Node& node, const Types& types);

}  // namespace espalier
