// Values of a graph that are something else in ONNX: labels that are strings there, and the maps of ZipMap. A
// graph holds tensors of numbers, so labels are positions among the class names, which their node keeps.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::trees {

/// The class names whose positions output 0 of the node holds (of a LabelEncoder -1 for its default); null
/// for other nodes.
const std::vector<std::string>* class_names(const Node& node);

/// Whether an operator hands on its first input as it is, so that class names stay what they are.
bool hands_on(const std::string& op);

/// The values of `graph` that hold positions of class names, in ONNX strings.
std::set<std::string> named_values(const Graph& graph);

}  // namespace espalier::trees
