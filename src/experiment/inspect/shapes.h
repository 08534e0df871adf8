// --shape NAME=1x3x48x320: sizes for the open dimensions of a network's inputs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::experiment {

/// "x=1x3x48x320" or "x=1,3,48,320" (and "x=" for a scalar) by name. Throws InvalidArgument.
std::map<std::string, Shape> parse_shapes(const std::vector<std::string>& arguments);

/// "--shape x=1x3xHxW": how the shape of an input would be given, the batch as one.
std::string shape_hint(const Value& input);

/// Throws InvalidArgument, "VERB: WHAT, and H and W of input ... are open: ...", if inputs without a shape in
/// `shapes` have open dimensions beside the batch.
void require_shapes(const Graph& graph, const std::map<std::string, Shape>& shapes, const std::string& what);

}  // namespace espalier::experiment
