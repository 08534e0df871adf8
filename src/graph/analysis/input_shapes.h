// Shapes of a network's inputs: which dimensions are open, and what they are set to where a count or a time
// needs sizes.
#pragma once

#include <map>
#include <set>
#include <string>

#include "espalier/graph.h"

namespace espalier {

/// Symbols that stand in dimension 0 of an input: the batch.
std::set<std::string> batch_symbols(const Graph& graph);

/// Sets the dimensions of these inputs, and that of every other input and output where a symbol of theirs
/// stands. Throws InvalidArgument for a name that is no input, and for a shape that does not fit.
void set_input_shapes(Graph& graph, const std::map<std::string, Shape>& shapes);

/// "its inputs are "ids", "mask"", for the message where another was named.
std::string input_names(const Graph& graph);

/// What is open beside the batch: `H and W of input "x" (Nx3xHxW)`; "" if nothing is.
std::string open_dimensions(const Graph& graph);

/// What those of one input are called: "H and W", "dimensions 1 and 2"; "" if none beside dimension 0 is
/// open.
std::string open_dimensions(const Value& input);

/// The shapes of all inputs as a count saw them, the batch as one: "1x3x224x224", or "ids 1x128, mask 1x128".
std::string counted_shapes(const Graph& graph);

}  // namespace espalier
