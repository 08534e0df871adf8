// A network as a removal wants it: what only renames values is gone, and sizes are numbers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/surgery.h"

namespace espalier::experiment {

/// Gives open dimensions these sizes, and makes constant what follows from them.
void set_sizes(Graph& graph, const std::map<std::string, Shape>& shapes);

/// Runs all passes but those in `without`, and gives open dimensions their sizes: what follows from these, or
/// from those of a file without open dimensions, becomes constant.
std::vector<surgery::PassResult> prepare_for_removal(Graph& graph, const std::map<std::string, Shape>& shapes,
                                                     const std::vector<std::string>& without);

}  // namespace espalier::experiment
