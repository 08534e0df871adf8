// What ranked_trees.h computes with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace espalier::kernels {

inline constexpr std::int64_t kRankedRows = 128;        // of a block
inline constexpr std::size_t kRankedThresholds = 16;    // that are compared at once
inline constexpr std::size_t kMostThresholds = 255;     // of a feature
inline constexpr std::uint32_t kMostRankedTests = 255;  // of a tree

struct RankedTest {
    std::uint32_t place = 0;  // of the feature among the ranked ones, times kRankedRows
    std::int8_t rank = 0;     // k - 128, as bytes are compared with their signs
    std::uint8_t first = 0;
    std::uint8_t next = 0;
};

/// A feature that tests of the trees read. Its thresholds lie in runs of kRankedThresholds, padded with
/// infinity: where there is more than one run, before them the last of every run.
struct RankedFeature {
    std::uint32_t column = 0;
    std::uint32_t table = 0;  // where its first run is
    bool two_levels = false;
};

/// Trees that stand one behind the other in a forest.
template <class T>
struct RankedTrees {
    std::vector<RankedFeature> features;
    std::vector<T> tables;
    std::vector<RankedTest> tests;
    std::vector<std::uint32_t> ends;    // of each tree's tests
    std::vector<std::uint32_t> starts;  // of each tree's leaves
    std::vector<std::uint32_t> leaves;  // in Forest::values
    std::vector<T> said;                // by them, for ForestLeaves::one
    double gain = 0;                    // steps that a row of it does not walk, less what its ranks cost
    double block_cost = 0;              // of all tests for a block, in steps
};

}  // namespace espalier::kernels
