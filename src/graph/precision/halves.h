// Networks of f16 and bf16 as the same network of f32: processors without arithmetic of halves compute so,
// and cuts score real values.
#pragma once

#include "espalier/graph.h"

namespace espalier {

/// Whether any constant or input, in bodies too, or what a node is told to give, is f16 or bf16.
bool has_halves(const Graph& graph);

/// Everything inside becomes f32, under the same names; inputs and outputs stay halves, behind and before a
/// Cast. Results differ by what halves round away between the nodes.
void widen_halves(Graph& graph);

}  // namespace espalier
