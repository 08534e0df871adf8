// Whether a network treats the examples of a batch apart, so that it may compute them one by one: slice i
// along the first axis of every output comes from slices i of the inputs, whatever the others are.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

/// A graph for known shapes of its inputs: the nodes that are left, and the values that are known.
struct KnownGraph {
    std::vector<Node> nodes;
    std::map<std::string, ValueType> types;
    NamedTensors computed;  // of those values that follow from shapes and constants
};

/// `batch` and `one` are `graph` for several examples and for one; `inputs` name those that hold a slice an
/// example, at least one; the others are the same for all. By what its operators say of their axes
/// (graph/op.h); false also where that does not tell.
bool treats_examples_apart(const KnownGraph& batch, const KnownGraph& one, const Graph& graph,
                           const std::set<std::string>& inputs);

}  // namespace espalier
