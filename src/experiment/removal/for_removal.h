// A network as a removal wants it: what only renames values is gone, and sizes are numbers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/surgery.h"

namespace espalier::experiment {

/// Runs all passes but those in `without`, and makes constant what follows from the sizes of a network
/// without open dimensions.
std::vector<surgery::PassResult> prepare_for_removal(Graph& graph, const std::vector<std::string>& without);

/// Gives open dimensions these sizes, and makes constant what follows from them, but for what nodes make of
/// tensors: the slice of a table that is read stays a slice.
void set_sizes(Graph& graph, const std::map<std::string, Shape>& shapes);

}  // namespace espalier::experiment
