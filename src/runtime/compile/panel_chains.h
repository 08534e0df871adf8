// Layers that follow one another without a fork: what one gives, only the next one reads, as the same matrix.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tuning/layer_trials.h"

namespace espalier::runtime {

class Chains {
  public:
    Chains(const std::vector<Layer>& layers, const Graph& graph);
    /// So many layers, each by itself.
    explicit Chains(std::size_t layers) : next_(layers) {}

    /// The layer with weights that alone reads the output of layer `index`, which has weights too. Views
    /// between them do not matter: they show the same elements in the same order.
    std::optional<std::size_t> next(std::size_t index) const { return next_[index]; }

  private:
    std::vector<std::optional<std::size_t>> next_;
};

}  // namespace espalier::runtime
