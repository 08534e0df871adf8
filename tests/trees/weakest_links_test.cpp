// The path of a tree of eight rows, worked out by hand.
#include "trees/choose/weakest_links.h"

#include <gtest/gtest.h>

#include "trees/examples.h"

namespace espalier::trees {
namespace {

TEST(WeakestLinks, ByHand) {
    // Gini: root 4 of 8, R = 1/2. Left (0 0 0 1): I = 3/8, R = 3/16, two leaves: alpha 3/16.
    // Right (1 1 0 1): R = 3/16, three leaves: 3/32; below it (0 1): I = 1/2, R = 1/8, two leaves: 1/8.
    // So the right side goes first, at 3/32, with R(T) = 3/16; then the left at 3/16 with R = 3/8, and the
    // root, (1/2 - 3/8) / 1 = 1/8 < 3/16, goes before it: (1/2 - 3/16) / 2 = 5/32.
    const Grown grown = trees::grown(testing::class_tree(), testing::class_rows());
    EXPECT_EQ(grown.impurity, Impurity::gini);
    EXPECT_TRUE(grown.predicts);
    const auto links = weakest_links(grown, 0);
    ASSERT_EQ(links.size(), 2U);
    EXPECT_DOUBLE_EQ(links[0].alpha, 3.0 / 32);
    EXPECT_EQ(links[0].leaves, 3);
    EXPECT_DOUBLE_EQ(links[0].risk, 3.0 / 16);
    EXPECT_DOUBLE_EQ(links[1].alpha, 5.0 / 32);
    EXPECT_EQ(links[1].leaves, 1);
    EXPECT_DOUBLE_EQ(links[1].risk, 0.5);
}

TEST(WeakestLinks, StatisticsOfNodes) {
    const Grown grown = trees::grown(testing::class_tree(), testing::class_rows());
    EXPECT_EQ(grown.nodes[0].count, 8);
    EXPECT_EQ(grown.nodes[0].errors, 4);
    EXPECT_DOUBLE_EQ(grown.value(0)[1], 0.5);
    double leaves = 0;
    for (std::size_t i = 0; i < grown.nodes.size(); ++i) {
        if (grown.ensemble.nodes[i].is_leaf()) leaves += grown.nodes[i].count;
    }
    EXPECT_EQ(leaves, 8);
}

TEST(WeakestLinks, VarianceOfScoresIsThatOfTargetsWhereLeavesAreMeans) {
    Ensemble e;
    const auto low = testing::add_leaf(e, {{0, 1.5}});
    const auto high = testing::add_leaf(e, {{0, 5}});
    e.roots = {testing::add_test(e, 0, 1.5, low, high)};
    const Examples rows{.columns = 1, .x = {0, 1, 2, 3}, .y = {1, 2, 4, 6}, .classes = 0};
    const Grown targets = trees::grown(e, rows, Impurity::squared_error);
    const Grown scores = trees::grown(e, rows, Impurity::scores);
    // R(t) - R(T_t) is the same: 3.6875 - 0.625 = 3.0625 = (3.5 / 2)^2.
    EXPECT_DOUBLE_EQ(weakest_links(targets, 0)[0].alpha, 3.0625);
    EXPECT_DOUBLE_EQ(weakest_links(scores, 0)[0].alpha, 3.0625);
}

}  // namespace
}  // namespace espalier::trees
