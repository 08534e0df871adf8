// A network divided between its layers, so that it can be run up to one of them, and on from there with other
// weights: everything that needs no layer (stage 0), the first layers and all behind them up to the next ones
// (stage 1), ...
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/analysis/weight_forms.h"

namespace espalier::calibrate {

/// Nodes that multiply the same weight in the same way, with what the stages up to here have made.
struct Site {
    std::string weight;
    WeightRead read;
    std::vector<const Node*> readers;  // of the graph that was divided
    bool is_first = true;              // no earlier stage has a reader of this weight

    /// A matrix or filter as it is stored, on the right: what a bias can be given to.
    bool is_plain() const;
};

struct Stage {
    std::vector<const Node*> nodes;  // in an order that can be executed
    std::vector<std::string> reads;  // values of earlier stages and inputs of the graph
    std::vector<std::string> makes;  // values that later stages read, or that the graph gives
    std::vector<std::string> ends;   // values that no later stage reads, and the graph does not give
    std::vector<Site> sites;         // layers of the next stage
};

/// Points into `graph`. Readers inside the bodies of If, Loop and Scan are no sites. Nodes that only move a
/// weight (Transpose, ...) are in every stage that reads what they give.
std::vector<Stage> divide(const Graph& graph, const std::set<std::string>& weights);

}  // namespace espalier::calibrate
