// Outputs of layers in another order, with all that is coupled with them (graph/coupling/axis_groups.h): the
// network computes the same. Outputs of which groups are kept or cut together come to lie side by side
// (prune/grouping/grouping.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/mask.h"
#include "tensor/axis_order.h"

namespace espalier::surgery {

/// What lies together.
struct UnitOrder {
    std::int64_t size = 4;  // outputs of a group, or with `of_inputs` inputs
    bool of_inputs = false;
    std::int64_t keep = 0;  // N of N:M along the inputs; 0: groups go whole
    /// The share that the cut keeps of each weight; a weight that is not there has no say.
    std::map<std::string, double> shares = {};
};

/// What a cut by this granularity wants to lie together. Throws InvalidArgument for one without groups.
UnitOrder unit_order(const std::string& granularity);

/// Units of one kind.
struct Reordered {
    std::string name;           // the first weight whose outputs they are
    std::int64_t units = 0;     // that can change places
    std::int64_t moved = 0;     // that did
    std::string left_out = {};  // why none was considered
};

/// Reorders the units of every kind so that the groups of the weights in `order.shares` keep most magnitude.
/// Only units that single indices stand for change places, within whole groups of one kind of them. `axes`,
/// if given, gets what moved: the same for any weights of this network.
std::vector<Reordered> reorder(Graph& graph, const UnitOrder& order, AxisOrders* axes = nullptr);

/// What an order is worth: shares of the magnitude of all weights with a mask.
struct OrderGain {
    double before = 0;       // that the cut keeps as they lay
    double after = 0;        // and reordered
    double difference = 0;   // of outputs, over the largest
    std::int64_t moved = 0;  // units that changed places
    std::int64_t kinds = 0;  // of them
    bool is_applied() const { return after > before; }
};
/// Counts units; the rest is the caller's.
OrderGain gain_of(const std::vector<Reordered>& units);
/// The share of their magnitude that these masks keep.
double magnitude_kept(const Weights& weights, const prune::MaskSet& masks);

/// A line that begins with "permutation: ".
std::string to_text(const OrderGain& gain);
/// What a file says of its order under "espalier.permutation".
std::string metadata_of(const OrderGain& gain, const std::string& granularity);

}  // namespace espalier::surgery
