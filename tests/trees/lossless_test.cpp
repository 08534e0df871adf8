// Lossless passes on random trees: outputs by their bits, on random rows, on thresholds, and with NaN.
#include "trees/lossless/lossless.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>

#include "espalier/error.h"
#include "trees/examples.h"
#include "trees/grown/grown.h"

namespace espalier::trees {
namespace {

/// Few values of features, thresholds and leaves, so that many tests are decided and many subtrees equal.
std::int32_t random_tree(Ensemble& e, std::mt19937& random, int depth) {
    if (depth == 0 || random() % 6 == 0)
        return testing::add_leaf(e, {{0, static_cast<double>(random() % 3)}});
    const std::int32_t yes = random_tree(e, random, depth - 1);
    const std::int32_t no = random_tree(e, random, depth - 1);
    e.nodes.push_back({.threshold = static_cast<double>(random() % 4),
                       .feature = static_cast<std::int32_t>(random() % 3),
                       .yes = yes,
                       .no = no,
                       .branch = static_cast<Branch>(random() % 6),
                       .missing_yes = random() % 2 == 0});
    return static_cast<std::int32_t>(e.nodes.size() - 1);
}

std::vector<float> outputs(const Ensemble& e, const std::vector<float>& x) {
    std::vector<float> y(x.size() / 3);
    predict(e, x.data(), static_cast<std::int64_t>(y.size()), 3, y.data(), {});
    return y;
}

std::vector<float> every_row() {
    const float values[] = {-std::numeric_limits<float>::infinity(),
                            -1,
                            -0.0F,
                            0,
                            0.5F,
                            1,
                            1.5F,
                            2,
                            2.5F,
                            3,
                            4,
                            std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()};
    std::vector<float> x;
    for (const float a : values) {
        for (const float b : values) {
            for (const float c : values) x.insert(x.end(), {a, b, c});
        }
    }
    return x;
}

TEST(Lossless, EveryOutputStaysByItsBits) {
    const std::vector<float> x = every_row();
    std::int64_t decided = 0;
    std::int64_t equal = 0;
    std::int64_t shared = 0;
    for (unsigned seed = 0; seed < 30; ++seed) {
        std::mt19937 random(seed);
        Ensemble e;
        for (int t = 0; t < 3; ++t) e.roots.push_back(random_tree(e, random, 7));
        const std::vector<float> before = outputs(e, x);
        const std::size_t nodes = e.nodes.size();
        const LosslessResult result = simplify(e);
        EXPECT_LE(e.nodes.size(), nodes);
        const std::vector<float> after = outputs(e, x);
        EXPECT_EQ(std::memcmp(before.data(), after.data(), before.size() * sizeof(float)), 0) << seed;
        decided += result.decided;
        equal += result.equal;
        shared += result.shared;
    }
    EXPECT_GT(decided, 100);
    EXPECT_GT(equal, 30);
    EXPECT_GT(shared, 100);
}

TEST(Lossless, ATestBelowAStricterOneIsDecided) {
    Ensemble e;
    const auto below =
        testing::add_test(e, 0, 3, testing::add_leaf(e, {{0, 1}}), testing::add_leaf(e, {{0, 2}}));
    e.roots = {testing::add_test(e, 0, 2, below, testing::add_leaf(e, {{0, 3}}))};
    EXPECT_EQ(remove_decided(e), 1);
    EXPECT_EQ(e.nodes.size(), 3U);
}

TEST(Lossless, NaNKeepsATestThatNumbersDecide) {
    Ensemble e;
    const auto below =
        testing::add_test(e, 0, 3, testing::add_leaf(e, {{0, 1}}), testing::add_leaf(e, {{0, 2}}));
    e.roots = {testing::add_test(e, 0, 2, below, testing::add_leaf(e, {{0, 3}}))};
    e.nodes[static_cast<std::size_t>(e.roots[0])].missing_yes =
        true;  // comes to the test below, and goes to `no`
    EXPECT_EQ(remove_decided(e), 0);
}

TEST(Lossless, ANoSideStandsOnce) {
    // ONNX Runtime wants every `no` side behind its test, so only `yes` sides are shared.
    std::mt19937 random(3);
    Ensemble e;
    e.roots.push_back(random_tree(e, random, 8));
    share_equal(e);
    std::vector<int> no_parents(e.nodes.size(), 0);
    for (const TreeNode& node : e.nodes) {
        if (!node.is_leaf()) ++no_parents[static_cast<std::size_t>(node.no)];
    }
    EXPECT_LE(*std::ranges::max_element(no_parents), 1);
}

/// Both sides of every test are the next one: 2^60 nodes were none shared.
TEST(Lossless, WhatIsSharedTooOftenIsRefused) {
    Ensemble e;
    for (std::int32_t i = 0; i < 60; ++i)
        e.nodes.push_back({.yes = i + 1, .no = i + 1, .branch = Branch::less_equal});
    e.nodes.push_back({.yes = 0, .no = 1});
    e.weights = {{0, 1}};
    e.roots = {0};
    EXPECT_THROW(simplify(e), Unsupported);
    EXPECT_THROW(without_sharing(e, 1000), Unsupported);
}

}  // namespace
}  // namespace espalier::trees
