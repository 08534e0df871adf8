// The weakest-link path of every tree (Breiman, Friedman, Olshen, Stone 1984, chapter 3).
#pragma once

#include "trees/grown/grown.h"

namespace espalier::trees {

struct Link {
    double alpha = 0;  // at which the node becomes a leaf
    std::int32_t node = 0;
    std::int64_t leaves = 0;  // of its tree afterwards
    double risk = 0;          // of the leaves of its tree afterwards, R(T)
};

/// Of one tree, in the order in which its nodes go; equal alphas by their place. Alphas never fall, but for
/// rounding.
std::vector<Link> weakest_links(const Grown& grown, std::size_t tree);

/// The same of all trees, one after the other.
std::vector<std::vector<Link>> weakest_links(const Grown& grown);

}  // namespace espalier::trees
