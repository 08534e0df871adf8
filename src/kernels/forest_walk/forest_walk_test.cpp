// Random forests, both kinds of leaves, rows around the lanes and blocks, missing values: bit by bit the
// reference.
#include "kernels/forest_walk/forest_walk.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

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
        if (missing && random() % 7 == 0) element = std::numeric_limits<T>::quiet_NaN();
    }
    std::vector<T> expected(static_cast<std::size_t>(rows * forest.outputs));
    std::vector<T> got(expected.size(), T(9));
    std::vector<std::byte> scratch(forest_scratch_bytes<T>(columns) * static_cast<std::size_t>(threads) + 64);
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

}  // namespace
}  // namespace espalier::kernels
