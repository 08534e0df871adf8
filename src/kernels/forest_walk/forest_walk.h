// Y[n][k] = sum over trees of what the leaf says that X[n] reaches, summed tree by tree in T (float or
// double).
//
// One kind of test, x > threshold, so that a step has no branch: the next node is child + (x > threshold),
// and a leaf leads to itself. Eight rows (of a single row: eight trees) walk side by side, so that eight
// chains of loads overlap. Where a block has enough rows, small trees are compared by ranks (ranked_trees.h).
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/forest_walk/ranked_tests.h"

namespace espalier::kernels {

/// Rows that walk side by side.
inline constexpr std::int64_t kForestLanes = 8;

template <class T>
struct ForestNode {
    T threshold = 0;            // of a leaf: infinity
    std::uint32_t feature = 0;  // times kForestLanes; of a leaf: 0
    std::uint32_t child = 0;    // where x <= threshold, the other one behind it; of a leaf: itself
};

/// What a leaf says of the outputs.
enum class ForestLeaves : unsigned char {
    one,  // each tree scores one output
    all   // each leaf scores every output
};

/// Trees that stand one behind the other and are computed in one way.
template <class T>
struct ForestPart {
    std::size_t first = 0, last = 0;  // trees, from `first` to before `last`
    bool ranked = false;
    RankedTrees<T> trees = {};  // where they are compared by ranks
};

template <class T>
struct Forest {
    std::vector<ForestNode<T>> nodes;
    std::vector<std::uint8_t> missing_right;  // [nodes]: NaN goes to child + 1
    std::vector<std::uint32_t> roots;
    std::vector<std::uint32_t> steps;      // of each tree: from its root to the deepest leaf
    std::vector<std::uint32_t> output_of;  // of each tree, for ForestLeaves::one
    std::vector<std::uint32_t> leaf_of;    // [nodes]: which leaf a node is
    std::vector<T> values;                 // [leaves], or [leaves][outputs]
    std::int64_t outputs = 1;
    ForestLeaves leaves = ForestLeaves::one;
    /// All trees in order; none: all walk. rank_trees() sets them.
    std::vector<ForestPart<T>> parts;
    std::int64_t ranked_rows = 0;  // that a block must have, else all of it walks
    std::size_t ranked_bytes = 0;  // a rank of every feature of a block's rows, and their leaves
};

/// Bytes that one thread needs at `scratch`, for rows of `columns`.
template <class T>
std::size_t forest_scratch_bytes(const Forest<T>& forest, std::int64_t columns);

/// `x` is [rows][columns], every feature below `columns`; `y` [rows][outputs]. `scratch`: for each thread,
/// aligned to a cache line. The result does not depend on `threads`, nor on the other rows.
template <class T>
void forest_walk(const Forest<T>& forest, std::int64_t rows, std::int64_t columns, const T* x, T* y,
                 std::byte* scratch, int threads) noexcept;

/// The same row by row and tree by tree.
template <class T>
void forest_walk_reference(const Forest<T>& forest, std::int64_t rows, std::int64_t columns, const T* x,
                           T* y);

}  // namespace espalier::kernels
