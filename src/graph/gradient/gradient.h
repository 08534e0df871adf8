// Gradients as nodes: a graph that also computes what its outputs change by, to be run like any other, by the
// plain computation or compiled.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

struct Gradients {
    /// What it was, with an input more for every output of f32 or f64, its seed, of the same type; and
    /// with nodes behind that nothing reads yet but for `of`.
    Graph graph;
    std::map<std::string, std::string> seeds;  // by output: the input's name
    /// By value: d(sum over outputs and elements of seed * output) / d(value), of the value's type.
    std::map<std::string, std::string> of;
};

/// Gradients of `values`: inputs, initialisers and what nodes give, all of f32 or f64. All shapes must
/// follow from the graph. Throws InvalidArgument for a value that it does not have, Unsupported, naming the
/// node, for an operator on the way without a rule (graph/gradients).
Gradients with_gradients(Graph graph, const std::vector<std::string>& values);

}  // namespace espalier
