// How many weights of a network of bytes kernels of quads have left to multiply.
#pragma once

#include "espalier/graph.h"

namespace espalier::runtime {

/// Of all quads of 4 outputs and 4 channels in the 8-bit layers of the graph, those with a weight that is not
/// zero; 1 without such layers. Weights whose zero is another number count in full.
double quads_left(const Graph& graph);

}  // namespace espalier::runtime
