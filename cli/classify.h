// Runs a network over one split of a data set, through the runtime.
#pragma once

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/runtime.h"

namespace espalier::cli {

struct Classified {
    Tensor outputs;       // [n, classes]
    double accuracy = 0;  // in [0, 1]
};

/// Inputs are normalised as the network's metadata say, or else as the data set's own statistics do. Throws
/// InvalidModel if the network does not take such examples.
Classified classify(const Graph& graph, runtime::Session& session, const data::Examples& examples,
                    const data::Normalization& fallback);

}  // namespace espalier::cli
