// Smaller networks of one, with more or less of its units left.
#pragma once

#include <vector>

#include "espalier/experiment.h"
#include "graph/coupling/axis_groups.h"
#include "surgery/removal/group_ranking.h"

namespace espalier::experiment {

class Remover {
  public:
    struct Result {
        Graph graph;
        Removal removal;
        std::vector<const CoupledUnit*> units;
    };

    /// `open` is the network as calibration data fit it, `graph` the same at the sizes of how.shapes, if
    /// there are any. All must outlive it. Weights that the file keeps as halves or integers are scored as
    /// the numbers that they stand for. Throws as remove() does.
    Remover(const Graph& graph, const Graph& open, const Cut& how, const Watch& watch = {});

    const Graph& graph() const { return graph_; }
    /// `sparsity` in place of that of the cut.
    Result without(double sparsity) const;
    /// The whole network with zeros in place of what went: what the smaller one must compute.
    Graph masked(const Result& result) const;

  private:
    const Graph& real() const { return real_.nodes.empty() ? graph_ : real_; }

    const Graph& graph_;
    const Cut& how_;
    std::int64_t multiple_;  // of widths
    Graph real_;             // where graph_ is not
    AxisGroups groups_;
    surgery::GroupRanking ranking_;
};

}  // namespace espalier::experiment
