// What must go together when a part of a network goes: from the outputs of every weight, embeddings too,
// along all that they are coupled with (coupling.h), through sums, concatenations, splits, shuffles and
// heads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "graph/coupling/coupling.h"
#include "graph/coupling/narrowing.h"

namespace espalier {

/// Indices of one axis of an initialiser.
struct WeightSlice {
    std::string weight;
    std::size_t axis = 0;
    std::vector<std::int64_t> indices;  // ascending
    std::int64_t size = 0;              // of the axis
    std::int64_t outer = 1, inner = 1;  // elements before and behind it

    std::int64_t count() const { return outer * inner * std::ssize(indices); }
};

/// The smallest part that can go by itself: a channel with the filter that makes it and all that reads it, a
/// head.
struct CoupledUnit {
    std::vector<WeightSlice> slices;
    std::size_t id = 0;  // for AxisGroups::kept()
    /// Units of the same path go through the same axes of the same values: they can change places.
    std::size_t path = 0;
};

/// Units of one kind: of the same axes of the same weights, each of as many indices.
struct CoupledGroup {
    std::string name;  // the first weight whose outputs they are
    std::vector<CoupledUnit> units;
    std::string refused;  // why none of them can go; "": they can
};

class AxisWalk;

/// Whether an axis that a node normalises or averages over, as LayerNormalization over an embedding, may get
/// shorter: the node then computes over what is left.
enum class OverRest : std::uint8_t { refused, followed };

/// A node that computes over what is left of an axis of its input, after a removal.
struct RestNode {
    std::string output;  // the node's first
    OperandAxis axis;
    std::vector<std::int64_t> kept;  // indices that are left
    Coupling::WriteOverRest write = nullptr;
    Shape shape;  // of the input
};

/// Weights whose outputs are units: prunable ones, then embeddings. These come last, so that units to which a
/// layer adds are named by the layer.
std::vector<PrunableWeight> group_sources(const Graph& graph);

class AxisGroups {
  public:
    /// With open batches as 1. Groups that meet other open dimensions are refused. Throws as the shape rules
    /// do.
    explicit AxisGroups(const Graph& graph, OverRest over_rest = OverRest::refused);
    /// By the outputs of these weights, for a graph that keeps them in a form that prunable() does not look
    /// into.
    AxisGroups(const Graph& graph, const std::vector<PrunableWeight>& weights,
               OverRest over_rest = OverRest::refused);
    ~AxisGroups();
    AxisGroups(AxisGroups&&) noexcept;
    AxisGroups& operator=(AxisGroups&&) noexcept;

    /// In the order of the network.
    const std::vector<CoupledGroup>& groups() const { return groups_; }

    /// The graph without the units with these ids. What reads them computes from what is left. Throws
    /// InvalidArgument if nothing would be left of an axis, and Unsupported, naming the node, where a number
    /// of it cannot be changed.
    Graph without(const Graph& graph, const std::vector<std::size_t>& ids) const;

    /// Nodes that compute over what these units leave. They compute something else than with zeros there.
    std::vector<RestNode> over_rest(const std::vector<std::size_t>& ids) const;
    /// What of the initialisers of `graph` is left without these units. Throws InvalidArgument likewise.
    Narrowing narrowing(const Graph& graph, const std::vector<std::size_t>& ids) const;

  private:
    std::set<std::size_t> things_of(const std::vector<std::size_t>& ids) const;
    Narrowing narrowing_of(const Graph& graph, const std::set<std::size_t>& gone) const;

    std::unique_ptr<AxisWalk> walk_;
    std::vector<CoupledGroup> groups_;
};

}  // namespace espalier
