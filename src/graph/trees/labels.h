// Values of a graph that are something else in ONNX: labels that are strings there, and the maps of ZipMap. A
// graph holds tensors of numbers, so labels are positions among the class names, which their node keeps.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::trees {

/// The class names whose positions output 0 of the node holds (of a LabelEncoder -1 for its default); null
/// for other nodes.
const std::vector<std::string>* class_names(const Node& node);

/// The keys of a LabelEncoder that are strings, whose positions its input holds (-1 for what is none); null
/// for other nodes.
const std::vector<std::string>* key_names(const Node& node);

/// Makes `names` the keys of such a LabelEncoder, so that its input may hold their positions: values move
/// along, and names that were no key get the default. `other`: what its input holds -1 for, whose value
/// becomes the default. Returns whether every key is one of them.
bool set_key_names(Node& node, const std::vector<std::string>& names,
                   const std::optional<std::string>& other);

/// The inputs of `graph` that hold positions of keys, in ONNX strings.
std::set<std::string> inputs_by_key(const Graph& graph);

/// Whether an operator hands on its first input as it is, so that class names stay what they are.
bool hands_on(const std::string& op);

/// The values of `graph` that hold positions of class names, in ONNX strings.
std::set<std::string> named_values(const Graph& graph);

}  // namespace espalier::trees
