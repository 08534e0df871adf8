// A bias of its own for a layer, for what is added to its outputs in the mean.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::calibrate {

/// Gives every Conv, Gemm and MatMul outside of bodies that multiplies with one of `weights` a bias, an
/// initialiser of one element an output that nothing else reads: the one that is there (also of an Add behind
/// a MatMul), else zeros. Outputs stay.
void give_biases(Graph& graph, const std::set<std::string>& weights);

/// Adds `shift` to what the layer gives. `reader` is one of those nodes of `graph`.
void shift_outputs(Graph& graph, const Node& reader, const std::vector<double>& shift);

}  // namespace espalier::calibrate
