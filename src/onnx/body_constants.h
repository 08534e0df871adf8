// Weights that bodies (If, Loop, Scan) hold become the graph's: pruning, tying and storing then know them
// under their name, like any other.
#pragma once

#include "espalier/graph.h"

namespace espalier::onnx {

/// Moves the initialisers of all bodies to `graph`, but for those whose names another one has too. What the
/// graph computes stays.
void lift_body_constants(Graph& graph);

}  // namespace espalier::onnx
