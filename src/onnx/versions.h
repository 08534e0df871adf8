// Operators change from opset to opset. Inside a Graph every operator means what it means in opset 13.
#pragma once

#include "espalier/graph.h"

namespace espalier::onnx {

inline constexpr int kOldestOpset = 7;
inline constexpr int kNewestOpset = 17;

/// Throws Unsupported for an operator Espalier does not know, or one that means something else in `opset` and
/// cannot be converted; InvalidModel for an attribute that the operator does not have in `opset`, or of the
/// wrong type.
void check_node(const Node& node, int opset);

/// Rewrites what a graph read with `opset` means to opset 13's operators. Throws Unsupported where that
/// cannot be said in them.
void upgrade(Graph& graph, int opset);

}  // namespace espalier::onnx
