// Which nodes are worth computing ahead of a run because constants alone decide what they give.
#pragma once

#include <cstdint>
#include <span>

#include "espalier/graph.h"

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

}  // namespace espalier
