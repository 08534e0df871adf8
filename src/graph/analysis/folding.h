// What is known before a graph runs: nodes whose outputs follow from constants and shapes are computed ahead.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "espalier/graph.h"
#include "graph/analysis/inference.h"

namespace espalier {

/// A graph's bytes bound what is computed ahead: a file of 184 bytes may ask for a ConstantOfShape of 12 GB,
/// and a chain of Concat nodes doubles what it is given 40 times.
class FoldingBudget {
  public:
    explicit FoldingBudget(const Weights& constants);

    /// Whether a node that reads these constants and gives `outputs` is worth computing: what it gives is not
    /// much larger than what it reads, and all that was taken so far not much larger than the graph. Takes it
    /// from the budget then. Where elements decide the shape, what it reads must be small. Inputs that are
    /// left out are null.
    bool take(std::span<const Tensor* const> inputs, std::span<const ValueType> outputs);

  private:
    std::int64_t left_;  // elements
};

/// What may be folded. Random nodes are Dropouts, which a training must not fix.
struct FoldingRule {
    bool shapes = true;  // what follows from the sizes that inputs are declared with
    bool random = true;
    bool heavy = true;                             // products and convolutions of constants
    const std::set<std::string>* stays = nullptr;  // values whose nodes are not folded
};

class Folding {
  public:
    /// `constants`: the initialisers that never change; `graph` need not hold them. Must outlive it; of
    /// `graph` only types are read, now.
    Folding(const Graph& graph, const Weights& constants, const FoldingRule& rule = {});

    /// The next node in order: infers its types, and computes it if it can. False if it has to run. Throws as
    /// the operators' rules do.
    bool fold(const Node& node);
    /// A constant or what was computed; null if it is not known.
    const Tensor* known(const std::string& value) const;
    /// Whether something followed from the sizes that the graph's inputs are declared with, which then are a
    /// promise.
    bool used_shapes() const { return used_shapes_; }

    /// At the end: the types of all values, and what the folded nodes give.
    std::map<std::string, ValueType> take_types() { return std::move(inference_).take_types(); }
    Weights take_computed();

  private:
    bool is_allowed(const Node& node) const;
    bool compute(const Node& node);

    const Weights& constants_;
    FoldingRule rule_;
    FoldingBudget budget_;
    Inference inference_;
    std::set<std::string> folded_;  // values
    bool used_shapes_ = false;
};

}  // namespace espalier
