// Making an ensemble of the nodes of another.
#pragma once

#include <cstdint>

#include "graph/trees/ensemble.h"

namespace espalier::trees {

/// Appends a copy of the leaf to `to`; returns its place.
inline std::int32_t copy_leaf(const Ensemble& from, const TreeNode& leaf, Ensemble& to) {
    TreeNode made = leaf;
    made.yes = static_cast<std::int32_t>(to.weights.size());
    for (std::int32_t w = leaf.yes; w < leaf.no; ++w)
        to.weights.push_back(from.weights[static_cast<std::size_t>(w)]);
    made.no = static_cast<std::int32_t>(to.weights.size());
    to.nodes.push_back(made);
    return static_cast<std::int32_t>(to.nodes.size() - 1);
}

/// Everything but nodes, roots and weights.
inline Ensemble emptied(const Ensemble& ensemble) {
    Ensemble made = ensemble;
    made.nodes.clear();
    made.roots.clear();
    made.weights.clear();
    return made;
}

}  // namespace espalier::trees
