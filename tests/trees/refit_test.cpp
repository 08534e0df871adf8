// Leaves fitted again: less loss on the rows, and by hand where one tree decides alone.
#include "trees/choose/refit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "espalier/error.h"
#include "trees/choose/validation.h"
#include "trees/examples.h"

namespace espalier::trees {
namespace {

TEST(RefitLeaves, OfOneTreeByHand) {
    Ensemble e;
    const auto low = testing::add_leaf(e, {{0, 1}});
    const auto high = testing::add_leaf(e, {{0, 1}});
    e.roots = {testing::add_test(e, 0, 0, low, high)};
    const Examples rows{.columns = 1, .x = {-1, -1, 1}, .y = {4, 6, 9}, .classes = 0};
    refit_leaves(e, rows, 1);
    // (sum y + l2 w0) / (n + l2): (10 + 1) / 3 and (9 + 1) / 2.
    EXPECT_NEAR(e.weights[0].value, 11.0 / 3, 1e-6);
    EXPECT_NEAR(e.weights[1].value, 5, 1e-6);
}

TEST(RefitLeaves, OfAForestLowersTheLoss) {
    const Examples rows = testing::number_rows(300);
    Ensemble e = testing::number_forest(8);
    const double before = loss_of(e, rows).mean;
    refit_leaves(e, rows, 0.01);
    EXPECT_LT(loss_of(e, rows).mean, 0.8 * before);
    EXPECT_THROW(refit_leaves(e, rows, 0), InvalidArgument);
}

TEST(RefitLeaves, ProbabilitiesStayFromZeroOn) {
    // Two trees that say the same: the free fit of a 0 and a 1 is w0 + half of what is missing each, and here
    // the first leaf would go below 0.
    Ensemble e;
    e.outputs = 2;
    e.labels = {0, 1};
    e.classifies = true;
    for (int t = 0; t < 2; ++t) {
        const auto low = testing::add_leaf(e, {{0, 0.25}});
        const auto high = testing::add_leaf(e, {{0, 0.25}});
        e.roots.push_back(testing::add_test(e, 0, t, low, high));
    }
    classify_leaves(e);
    ASSERT_TRUE(e.binary && e.positive);
    // x = -1: both low; x = 0.5: high, low; x = 2: both high.
    const Examples rows{.columns = 1, .x = {-1, 0.5, 2}, .y = {0, 1, 1}, .classes = 2};
    refit_leaves(e, rows, 1e-6);
    for (const LeafWeight& weight : e.weights) EXPECT_GE(weight.value, 0);
    std::int64_t labels[3];
    double scores[6];
    predict(e, rows.x.data(), 3, 1, scores, std::span(labels));
    EXPECT_NEAR(scores[1], 0, 1e-2);
    EXPECT_NEAR(scores[3], 1, 1e-2);
    EXPECT_NEAR(scores[5], 1, 1e-2);
}

TEST(RefitLeaves, LogisticByHand) {
    Ensemble e;
    e.outputs = 2;
    e.labels = {0, 1};
    e.classifies = true;
    e.post = PostTransform::logistic;
    const auto low = testing::add_leaf(e, {{0, -0.1}});
    const auto high = testing::add_leaf(e, {{0, 0.1}});
    e.roots = {testing::add_test(e, 0, 0, low, high)};
    classify_leaves(e);
    const Examples rows{
        .columns = 1, .x = {-1, -1, -1, -1, 1, 1, 1, 1}, .y = {0, 0, 0, 1, 1, 1, 1, 0}, .classes = 2};
    refit_leaves(e, rows, 1e-9);
    EXPECT_NEAR(e.weights[0].value, -std::log(3.0), 1e-4);  // 1 of 4
    EXPECT_NEAR(e.weights[1].value, std::log(3.0), 1e-4);
}

}  // namespace
}  // namespace espalier::trees
