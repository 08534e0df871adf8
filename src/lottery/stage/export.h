// The ONNX file of a ticket: exact zeros where pruned, and metadata that say how its inputs were normalised.
#pragma once

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/lottery.h"
#include "espalier/mask.h"

namespace espalier::lottery {

/// `graph` with `weights` as its initialisers; without the units that `removed` prunes whole, unless it is
/// null.
Graph ticket_graph(Graph graph, const Weights& weights, const prune::MaskSet* removed,
                   const data::Dataset& dataset, const StageSpec& stage);

}  // namespace espalier::lottery
