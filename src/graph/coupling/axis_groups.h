// What must go together when a part of a network goes: from the outputs of every weight along all that they
// are coupled with (coupling.h), through sums, concatenations, splits, shuffles and heads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier {

/// Indices of one axis of an initialiser.
struct WeightSlice {
    std::string weight;
    std::size_t axis = 0;
    std::vector<std::int64_t> indices;  // ascending
};

/// The smallest part that can go by itself: a channel with the filter that makes it and all that reads it, a
/// head.
struct CoupledUnit {
    std::vector<WeightSlice> slices;
    std::size_t id = 0;  // for AxisGroups::kept()
};

/// Units of one kind: of the same axes of the same weights, each of as many indices.
struct CoupledGroup {
    std::string name;  // the first weight whose outputs they are
    std::vector<CoupledUnit> units;
    std::string refused;  // why none of them can go; "": they can
};

class AxisWalk;

class AxisGroups {
  public:
    /// With open batches as 1. Groups that meet other open dimensions are refused. Throws as the shape rules
    /// do.
    explicit AxisGroups(const Graph& graph);
    /// By the outputs of these weights, for a graph that keeps them in a form that prunable() does not look
    /// into.
    AxisGroups(const Graph& graph, const std::vector<PrunableWeight>& weights);
    ~AxisGroups();
    AxisGroups(AxisGroups&&) noexcept;
    AxisGroups& operator=(AxisGroups&&) noexcept;

    /// In the order of the network.
    const std::vector<CoupledGroup>& groups() const { return groups_; }

    /// The graph without the units with these ids. What reads them computes from what is left. Throws
    /// InvalidArgument if nothing would be left of an axis, and Unsupported, naming the node, where a number
    /// of it cannot be changed.
    Graph without(const Graph& graph, const std::vector<std::size_t>& ids) const;

  private:
    std::unique_ptr<AxisWalk> walk_;
    std::vector<CoupledGroup> groups_;
};

}  // namespace espalier
