// Runs a graph whose shapes depend on data: without a plan, each node by its plain computation.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "espalier/graph.h"

namespace espalier::runtime {

class NodeByNode {
  public:
    /// Initialisers must stay where they are.
    explicit NodeByNode(const Graph& graph);

    /// Inputs, which are copied, and outputs in the graph's order. `timed(node, body)` is called for every
    /// node and has to call `body()`. Throws as the nodes' rules do.
    std::vector<Tensor> run(
        std::span<const TensorView> inputs,
        const std::function<void(std::size_t node, const std::function<void()>& body)>& timed) const;

  private:
    struct Step {
        Node node;
        std::vector<std::string> last;  // values that nothing reads after it
    };
    std::vector<std::string> inputs_, outputs_;
    std::vector<Step> steps_;
    std::map<std::string, const Tensor*> constants_;
};

}  // namespace espalier::runtime
