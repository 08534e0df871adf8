// Outputs of layers in another order, with all that is coupled with them (graph/coupling/axis_groups.h): the
// network computes the same. Outputs of which groups are kept or cut together come to lie side by side
// (prune/grouping/grouping.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::surgery {

/// What lies together.
struct UnitOrder {
    std::int64_t size = 4;  // outputs of a group, or with `of_inputs` inputs
    bool of_inputs = false;
    std::int64_t keep = 0;  // N of N:M along the inputs; 0: groups go whole
    /// The share that the cut keeps of each weight; a weight that is not there has no say.
    std::map<std::string, double> shares = {};
};

/// Units of one kind.
struct Reordered {
    std::string name;           // the first weight whose outputs they are
    std::int64_t units = 0;     // that can change places
    std::int64_t moved = 0;     // that did
    std::string left_out = {};  // why none was considered
};

/// Reorders the units of every kind so that the groups of the weights in `order.shares` keep most magnitude.
/// Only units that single indices stand for change places, within whole groups of one kind of them.
std::vector<Reordered> reorder(Graph& graph, const UnitOrder& order);

}  // namespace espalier::surgery
