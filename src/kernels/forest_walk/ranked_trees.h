// Small trees by comparisons of bytes, every row of a block at once: all tests of a tree are made, and none
// waits for the one before.
//
// Every feature has its thresholds in order, t0 < t1 < ...; a value's rank is how many of them are below it,
// so that x > t[k] is rank > k, and 255 thresholds fit a byte. A tree's leaves are numbered from left to
// right, its tests come in preorder, and each says which leaves it parts: `first` is the first one below it,
// `next` the first one of its right side. A row starts at leaf 0 and goes
//
//     leaf = rank[feature] > k and leaf == first ? next : leaf
//
// through all tests: at a test on its way, leaf is the first leaf below that test, and at no other test.
// The idea to know the leaf from all false tests, feature values replaced by small numbers, many rows in a
// register, is that of QuickScorer and RapidScorer (Lucchese et al. 2015, Ye et al. 2018), which keep a bit
// for every leaf.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/forest_walk/forest_walk.h"

namespace espalier::kernels {

/// Adds what the trees say to `y`, [rows][forest.outputs]; `first` is the first one of them in the forest.
/// At most kRankedRows rows; those with NaN get anything. `scratch`: forest.ranked_bytes, aligned to a cache
/// line.
template <class T>
void add_ranked(const Forest<T>& forest, const RankedTrees<T>& trees, std::size_t first, const T* x,
                std::int64_t rows, std::int64_t columns, T* y, std::byte* scratch) noexcept;

/// Rows that are compared by one instruction, and the instruction set: "avx2".
std::int64_t ranked_lanes();
std::string ranked_trees_instruction_set();

/// Parts the forest where its trees are worth comparing by ranks of so many lanes; for 0 lanes, whatever it
/// costs.
template <class T>
void rank_trees(Forest<T>& forest, std::int64_t lanes);

/// What a row of a full block costs, in steps of the walk.
template <class T>
double forest_steps(const Forest<T>& forest, std::int64_t lanes);

}  // namespace espalier::kernels
