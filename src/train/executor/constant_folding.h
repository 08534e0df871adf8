// The graph's plain computation of a node, on ATen's tensors: for what no gradient passes through, as shapes,
// indices and comparisons.
#pragma once

#include <map>
#include <set>
#include <string>

#include "graph/analysis/folding.h"
#include "graph/analysis/inference.h"
#include "train/executor/op.h"

namespace espalier::train {

/// Outputs as many as the node has; nothing is recorded for autograd. An input that is left out is undefined.
std::vector<at::Tensor> compute_plainly(const Node& node, std::span<const at::Tensor> inputs);

/// Values that are the same in every step, computed once: constants, and shapes as far as the graph fixes
/// them.
class Folding {
  public:
    /// `constants`: initialisers that training does not change. Must outlive it, as must `graph`.
    Folding(const Graph& graph, const Weights& constants);

    /// The next node in order: true if all its outputs are known, false if it has to run.
    bool fold(const Node& node);
    /// Null if it is not known.
    const Tensor* known(const std::string& value) const;
    /// Whether something followed from the sizes that the graph's inputs are declared with, which then are a
    /// promise.
    bool used_shapes() const { return used_shapes_; }

  private:
    bool compute(const Node& node);

    const Weights& constants_;
    FoldingBudget budget_;
    Inference inference_;
    Weights computed_;
    bool used_shapes_ = false;
};

}  // namespace espalier::train
