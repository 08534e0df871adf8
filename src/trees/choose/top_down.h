// Methods that judge each split by itself.
#pragma once

#include <algorithm>

#include "trees/method.h"

namespace espalier::trees {

/// Cuts every node that `stays(node)` is false of; what is below such a node is not asked about.
template <class Stays>
Decision top_down(const Grown& grown, const Stays& stays) {
    Decision decision;
    decision.cut.resize(grown.nodes.size(), 0);
    for (std::size_t node = 0; node < grown.nodes.size(); ++node) {
        const std::int32_t parent = grown.nodes[node].parent;
        const bool below_cut = parent >= 0 && decision.cut[static_cast<std::size_t>(parent)] != 0;
        if (below_cut || (!grown.ensemble.nodes[node].is_leaf() && !stays(node))) decision.cut[node] = 1;
    }
    return decision;
}

/// Rows on the side of a split that has fewer.
inline double fewest_below(const Grown& grown, std::size_t node) {
    const TreeNode& split = grown.ensemble.nodes[node];
    return std::min(grown.nodes[static_cast<std::size_t>(split.yes)].count,
                    grown.nodes[static_cast<std::size_t>(split.no)].count);
}

}  // namespace espalier::trees
