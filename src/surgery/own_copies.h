// What an exporter stores once to save bytes is not one parameter: PyTorch's writes equal initialisers once
// and the others as Identity nodes of it, so that an untrained network's beta and running mean are one
// tensor.
#pragma once

#include "espalier/graph.h"

namespace espalier::surgery {

/// Gives every floating-point tensor that is read through an Identity, beside other readers, an initialiser
/// of its own under the Identity's name, and every running statistic one that nothing else reads. An
/// initialiser that several nodes read themselves stays one: its weights are tied on purpose. What the graph
/// computes stays.
void give_own_copies(Graph& graph);

}  // namespace espalier::surgery
