// A graph for one set of input shapes: nodes whose outputs are known before it runs are computed, and nodes
// that nothing reads any more are gone.
#pragma once

#include <set>

#include "espalier/graph.h"
#include "runtime/tuning/layer_trials.h"

namespace espalier::runtime {

/// Borrows a graph and changes it; the destructor gives it back as it was. A copy would copy the weights.
class Specialised {
  public:
    /// Values in `kept` are not computed ahead.
    Specialised(Graph& graph, const std::set<std::string>& kept);
    Specialised(const Specialised&) = delete;
    Specialised& operator=(const Specialised&) = delete;
    ~Specialised();

    /// Folds; without `input_shapes` what follows from constants alone. Throws as the nodes' rules do.
    void fold(const std::vector<Shape>* input_shapes);
    /// Leaves the graph as it is now.
    void keep();

    const Types& types() const { return types_; }
    /// Nodes that were computed, in order.
    const std::vector<Node>& folded_nodes() const { return folded_; }
    /// Names of the values that were computed.
    std::set<std::string> computed() const { return {constants_.begin(), constants_.end()}; }
    /// What was computed, which the graph's nodes read as initialisers: at the same addresses for as long as
    /// this map is kept.
    NamedTensors take_constants();

  private:
    Graph& graph_;
    const std::set<std::string>& kept_values_;
    std::vector<Value> inputs_;
    std::vector<Node> nodes_;
    std::vector<Node> folded_;
    std::vector<std::string> constants_;  // names of what was computed
    Types types_;
    bool kept_ = false;
};

}  // namespace espalier::runtime
