// A removal is found at the sizes of some inputs, where what follows from them is constant. Here it is
// carried over to the network whose sizes are open.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::experiment {

/// A network at two sizes of its open dimensions, by set_sizes(): what differs follows from them.
struct AtTwoSizes {
    Graph one, other;
};

/// `open` as small as `after`, which is what a removal left of `sizes.one`: tensors and attributes are those
/// of `after`, and of the numbers that the removal changed, as the shapes of Reshape nodes, only those are
/// written that do not depend on sizes; 0 and -1 stand for the others. Where they cannot, what computes the
/// numbers stays, which may be wrong: the result has to be proved. Nothing where a tensor depends on sizes.
std::optional<Graph> reopened(const Graph& open, const AtTwoSizes& sizes, const Graph& after);

/// Other sizes for the open dimensions of inputs, which tell what follows from which: no two dimensions of
/// different symbols are equal, none is 1, and none is what it is in `shapes`. Smaller ones first, which
/// tables of places allow, then larger ones. Nothing where no dimension is open.
std::vector<std::map<std::string, Shape>> other_sizes(const Graph& open,
                                                      const std::map<std::string, Shape>& shapes);

}  // namespace espalier::experiment
