// A network that gets smaller while it is trained: units that its masks prune whole are taken out. Outside
// all tensors have the shapes of the whole network, with zeros where something went.
#pragma once

#include <optional>

#include "espalier/graph.h"
#include "espalier/mask.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::train {

class Narrowed {
  public:
    /// `graph` outlives it. Stays whole unless it `removes`.
    Narrowed(const Graph& graph, bool removes);

    /// Takes out what these masks of the whole network prune. True if the network changed.
    bool take_out(const prune::MaskSet& masks);

    const Graph& whole() const { return whole_; }
    /// What is left.
    const Graph& graph() const { return left_ ? *left_ : whole_; }
    const Narrowing& narrowing() const { return narrowing_; }
    /// Masks of what is left, without those that keep everything.
    prune::MaskSet narrow(const prune::MaskSet& masks) const;

  private:
    const Graph& whole_;
    std::optional<AxisGroups> groups_;  // nothing: it stays whole
    std::optional<Graph> left_;
    Narrowing narrowing_;
    std::vector<std::size_t> gone_;
};

}  // namespace espalier::train
