// Random forests, both kinds of leaves, rows around the lanes and blocks, missing values, walked and compared
// by ranks: bit by bit the reference.
#include "kernels/forest_walk/forest_walk.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "kernels/forest_walk/ranked_trees.h"
#include "kernels/instruction_set.h"

namespace espalier::kernels {
namespace {

/// A tree whose every inner node has a leaf or a test below, down to `depth`.
template <class T>
void add_tree(Forest<T>& forest, std::mt19937& random, std::uint32_t depth, std::uint32_t columns) {
    struct Open {
        std::uint32_t place, depth;
    };
    const auto new_place = [&] {
        forest.nodes.emplace_back();
        forest.missing_right.push_back(static_cast<std::uint8_t>(random() % 2));
        forest.leaf_of.push_back(0);
        return static_cast<std::uint32_t>(forest.nodes.size() - 1);
    };
    std::vector<Open> open = {{new_place(), 0}};
    forest.roots.push_back(open.front().place);
    std::uint32_t steps = 0;
    std::uniform_real_distribution<double> value(-1, 1);
    while (!open.empty()) {
        const Open next = open.back();
        open.pop_back();
        steps = std::max(steps, next.depth);
        if (next.depth == depth || (next.depth > 0 && random() % 5 == 0)) {
            forest.nodes[next.place] = {std::numeric_limits<T>::infinity(), 0, next.place};
            const auto width =
                static_cast<std::size_t>(forest.leaves == ForestLeaves::one ? 1 : forest.outputs);
            forest.leaf_of[next.place] = static_cast<std::uint32_t>(forest.values.size() / width);
            for (std::size_t k = 0; k < width; ++k) forest.values.push_back(static_cast<T>(value(random)));
            continue;
        }
        const std::uint32_t child = new_place();
        new_place();
        forest.nodes[next.place] = {
            static_cast<T>(value(random)),
            static_cast<std::uint32_t>(random() % columns) * std::uint32_t{kForestLanes}, child};
        open.push_back({child, next.depth + 1});
        open.push_back({child + 1, next.depth + 1});
    }
    forest.steps.push_back(steps);
    forest.output_of.push_back(
        static_cast<std::uint32_t>(random() % static_cast<std::uint64_t>(forest.outputs)));
}

template <class T>
Forest<T> random_forest(std::size_t trees, std::uint32_t depth, std::uint32_t columns, std::int64_t outputs,
                        ForestLeaves leaves) {
    std::mt19937 random(7);
    Forest<T> forest;
    forest.outputs = outputs;
    forest.leaves = leaves;
    for (std::size_t i = 0; i < trees; ++i) add_tree(forest, random, depth, columns);
    return forest;
}

template <class T>
void expect_reference(const Forest<T>& forest, std::int64_t rows, std::int64_t columns, bool missing,
                      int threads) {
    std::mt19937 random(static_cast<unsigned>(rows));
    std::uniform_real_distribution<double> value(-1, 1);
    std::vector<T> x(static_cast<std::size_t>(rows * columns));
    for (T& element : x) {
        element = static_cast<T>(value(random));
        // Thresholds themselves, and infinities.
        const T infinity = std::numeric_limits<T>::infinity();
        if (random() % 5 == 0) element = forest.nodes[random() % forest.nodes.size()].threshold;
        if (random() % 50 == 0) element = random() % 2 == 0 ? infinity : -infinity;
    }
    // Of a few rows in the first half, and of most behind.
    for (std::int64_t row = 0; missing && row < rows; ++row) {
        if (random() % (row < rows / 2 ? 9 : 2) == 0)
            x[static_cast<std::size_t>(row * columns + row % columns)] = std::numeric_limits<T>::quiet_NaN();
    }
    std::vector<T> expected(static_cast<std::size_t>(rows * forest.outputs));
    std::vector<T> got(expected.size(), T(9));
    std::vector<std::byte> scratch(forest_scratch_bytes(forest, columns) * static_cast<std::size_t>(threads) +
                                   64);
    void* place = scratch.data();
    std::size_t room = scratch.size();
    std::align(64, 1, place, room);
    forest_walk_reference(forest, rows, columns, x.data(), expected.data());
    forest_walk(forest, rows, columns, x.data(), got.data(), static_cast<std::byte*>(place), threads);
    EXPECT_EQ(got, expected) << rows << " rows";
}

TEST(ForestWalk, IsTheReference) {
    for (const ForestLeaves leaves : {ForestLeaves::one, ForestLeaves::all}) {
        for (const std::uint32_t depth : {0U, 1U, 6U, 14U}) {
            const auto narrow = random_forest<float>(11, depth, 5, 3, leaves);
            const auto wide = random_forest<double>(3, depth, 40, 1, leaves);
            for (const std::int64_t rows : {1, 2, 3, 4, 5, 8, 9, 255, 256, 257, 700}) {
                expect_reference(narrow, rows, 5, rows % 2 == 0, 1);
                expect_reference(narrow, rows, 5, false, 2);
                expect_reference(wide, rows, 40, false, 1);
                expect_reference(wide, rows, 40, true, 3);
            }
        }
    }
}

std::size_t ranked_in(const auto& forest) {
    std::size_t ranked = 0;
    for (const auto& part : forest.parts) ranked += part.ranked ? part.last - part.first : 0;
    return ranked;
}

class RankedTreesTest : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(RankedTreesTest, AreTheReference) {
    ASSERT_EQ(ranked_trees_instruction_set(), GetParam());
    for (const ForestLeaves leaves : {ForestLeaves::one, ForestLeaves::all}) {
        for (const std::uint32_t depth : {0U, 1U, 3U, 6U, 8U}) {
            // So many trees that five columns have more than 255 thresholds each.
            auto narrow = random_forest<float>(100, depth, 5, 3, leaves);
            auto wide = random_forest<double>(30, depth, 200, 1, leaves);
            rank_trees(narrow, 0);
            rank_trees(wide, 0);
            ASSERT_EQ(ranked_in(narrow), 100U);
            ASSERT_EQ(ranked_in(wide), 30U);
            EXPECT_EQ(narrow.parts.size() > 1, depth >= 6);
            for (const std::int64_t rows : {1, 2, 31, 33, 127, 128, 129, 300}) {
                expect_reference(narrow, rows, 5, rows % 2 == 0, 1);
                expect_reference(wide, rows, 200, rows % 2 == 0, 2);
            }
        }
    }
}

TEST_P(RankedTreesTest, BesideTreesThatWalk) {
    auto forest = random_forest<float>(8, 5, 9, 2, ForestLeaves::one);
    std::mt19937 random(3);
    for (std::uint32_t i = 0; i < 30; ++i) add_tree(forest, random, i % 10 == 3 ? 14 : 4, 9);
    rank_trees(forest, 0);
    const std::size_t ranked = ranked_in(forest);
    EXPECT_GT(ranked, 30U);
    EXPECT_LT(ranked, 38U);
    for (const std::int64_t rows : {1, 100, 128, 200}) {
        expect_reference(forest, rows, 9, false, 1);
        expect_reference(forest, rows, 300, true, 2);  // too wide for both
    }
}

INSTANTIATE_TEST_SUITE_P(Every, RankedTreesTest, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

TEST(RankTrees, WhereItCostsLess) {
    auto small = random_forest<float>(60, 6, 5, 1, ForestLeaves::one);
    rank_trees(small, 32);
    EXPECT_EQ(ranked_in(small), 60U);
    EXPECT_GT(small.ranked_rows, 0);
    EXPECT_LT(small.ranked_rows, kRankedRows);
    EXPECT_LT(forest_steps(small, 32),
              forest_steps(random_forest<float>(60, 6, 5, 1, ForestLeaves::one), 32));
    for (const std::int64_t rows : {1, 127, 128, 140, 200}) expect_reference(small, rows, 5, false, 1);
    auto large = random_forest<float>(3, 14, 5, 1, ForestLeaves::one);
    rank_trees(large, 32);
    EXPECT_TRUE(large.parts.empty());
    auto alone = random_forest<float>(1, 2, 5, 1, ForestLeaves::one);  // its ranks cost more
    rank_trees(alone, 32);
    EXPECT_TRUE(alone.parts.empty());
}

/// A chain to the right: the most leaves that a byte counts, and one more.
TEST(RankTrees, AsManyLeavesAsAByteCounts) {
    for (const std::uint32_t tests : {kMostRankedTests, kMostRankedTests + 1}) {
        Forest<float> forest;
        forest.nodes.resize(2 * tests + 1);
        forest.missing_right.resize(forest.nodes.size());
        forest.leaf_of.resize(forest.nodes.size());
        for (std::uint32_t i = 0; i < tests; ++i)
            forest.nodes[2 * i] = {static_cast<float>(i) / 200 - 1, 0, 2 * i + 1};
        for (std::uint32_t i = 0; i <= tests; ++i) {
            const std::uint32_t leaf = i < tests ? 2 * i + 1 : 2 * tests;
            forest.nodes[leaf] = {std::numeric_limits<float>::infinity(), 0, leaf};
            forest.leaf_of[leaf] = i;
            forest.values.push_back(static_cast<float>(i));
        }
        forest.roots = {0};
        forest.steps = {tests};
        forest.output_of = {0};
        rank_trees(forest, 0);
        EXPECT_EQ(ranked_in(forest), tests == kMostRankedTests ? 1U : 0U);
        expect_reference(forest, 128, 1, false, 1);
    }
}

}  // namespace
}  // namespace espalier::kernels
