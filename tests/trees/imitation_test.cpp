// Fewer nodes that say what all of them said, and rows made up where few are given.
#include "trees/choose/imitation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "trees/choose/synthetic_rows.h"
#include "trees/choose/validation.h"
#include "trees/examples.h"

namespace espalier::trees {
namespace {

/// Of what the ensemble says on the rows from what `whole` says.
double apart(const Ensemble& ensemble, const Ensemble& whole, const Examples& rows) {
    std::vector<double> got(rows.y.size());
    std::vector<double> expected(rows.y.size());
    predict(ensemble, rows.x.data(), rows.rows(), rows.columns, got.data(), {});
    predict(whole, rows.x.data(), rows.rows(), rows.columns, expected.data(), {});
    double sum = 0;
    for (std::size_t i = 0; i < got.size(); ++i) sum += (got[i] - expected[i]) * (got[i] - expected[i]);
    return sum / static_cast<double>(got.size());
}

constexpr double kHardly = 1e-9;  // l2 that moves nothing

TEST(Imitation, TheCheapestCutByHand) {
    // One tree over x = 0 .. 7 with leaves 0 1 | 4 8 at 1.5, 3.5, 5.5: a cut of the left pair adds 4 (1/2)^2
    // = 1 and saves two nodes, of the right one 4 * 2^2 = 16.
    Ensemble e;
    const auto low =
        testing::add_test(e, 0, 1.5, testing::add_leaf(e, {{0, 0}}), testing::add_leaf(e, {{0, 1}}));
    const auto high =
        testing::add_test(e, 0, 5.5, testing::add_leaf(e, {{0, 4}}), testing::add_leaf(e, {{0, 8}}));
    e.roots = {testing::add_test(e, 0, 3.5, low, high)};
    const Examples rows{
        .columns = 1, .x = {0, 1, 2, 3, 4, 5, 6, 7}, .y = std::vector<double>(8, 0), .classes = 0};
    const Grown grown = trees::grown(e, rows, Impurity::scores);
    Imitation imitation(grown, rows, kHardly);
    EXPECT_EQ(imitation.error(), 0);
    EXPECT_EQ(imitation.choose(0.49), 7);
    EXPECT_EQ(imitation.choose(0.51), 5);
    EXPECT_NEAR(imitation.error(), 1, 1e-6);
    const Ensemble left = pruned(grown, imitation.decision());
    EXPECT_EQ(left.nodes.size(), 5U);
    const double x[] = {1, 4};
    double y[2];
    predict(left, x, 2, 1, y, {});
    EXPECT_NEAR(y[0], 0.5, 1e-6);
    EXPECT_NEAR(y[1], 4, 1e-6);
    EXPECT_EQ(imitation.choose(7.9), 5);
    EXPECT_EQ(imitation.choose(0.4), 7);  // what was cut comes back where it pays
    EXPECT_NEAR(imitation.error(), 0, 1e-6);
}

TEST(Imitation, NoRoundMakesTheWholeWorse) {
    const Examples rows = testing::number_rows(300);
    const Grown grown = trees::grown(testing::number_forest(12), rows);
    Imitation imitation(grown, rows, kHardly);
    double last = INFINITY;
    double nodes = 0;
    constexpr double kPrice = 10;
    for (int round = 0; round < 6; ++round) {
        nodes = imitation.choose(kPrice);
        const double now = imitation.error() + kPrice * nodes;
        EXPECT_LE(now, last * (1 + 1e-9));
        last = now;
    }
    EXPECT_LT(nodes, 84);
    EXPECT_GT(nodes, 0);
    const double before = imitation.error();
    imitation.fit(20);
    EXPECT_LE(imitation.error(), before);
}

TEST(Imitation, WhatIsDecidedIsWhatWasFitted) {
    const Examples rows = testing::number_rows(300);
    const Ensemble forest = testing::number_forest(12);
    const Grown grown = trees::grown(forest, rows);
    std::vector<double> weights(12, 0);
    for (std::size_t t = 0; t < 6; ++t) weights[t] = 2;
    Imitation imitation(grown, rows, 1, weights);
    const double nodes = imitation.choose(10);
    imitation.fit(3);
    const Ensemble left = pruned(grown, imitation.decision());
    EXPECT_EQ(static_cast<double>(left.nodes.size()), nodes);
    EXPECT_LE(left.roots.size(), 6U);
    // Imitation adds trees up, the forest takes their mean.
    EXPECT_NEAR(apart(left, forest, rows), imitation.error() / 300 / 144, 1e-7);
}

TEST(Imitation, NothingIsLeftButAConstant) {
    const Examples rows = testing::number_rows(300);
    const Ensemble forest = testing::number_forest(12);
    const Grown grown = trees::grown(forest, rows);
    Imitation imitation(grown, rows, kHardly);
    EXPECT_EQ(imitation.choose(2 * imitation.variance()), 0);
    const Ensemble left = pruned(grown, imitation.decision());
    ASSERT_EQ(left.nodes.size(), 1U);
    double mean = 0;
    std::vector<double> whole(rows.y.size());
    predict(forest, rows.x.data(), rows.rows(), 2, whole.data(), {});
    for (const double value : whole) mean += value / 300;
    EXPECT_NEAR(left.weights[0].value, mean, 1e-4);
}

TEST(Imitation, ScoresOfOneOutputEachStayApart) {
    // Two trees that score an output each: the constant of one does not go to the other.
    Ensemble e;
    e.outputs = 2;
    for (std::int32_t k = 0; k < 2; ++k) {
        const auto low = testing::add_leaf(e, {{k, -0.1}});
        const auto high = testing::add_leaf(e, {{k, 1.0 + 9 * k}});
        e.roots.push_back(testing::add_test(e, k, 0.5, low, high));
    }
    const Examples rows = testing::number_rows(100);
    const Grown grown = trees::grown(e, rows, Impurity::scores);
    Imitation imitation(grown, rows, kHardly);
    EXPECT_EQ(imitation.choose(100), 3);  // 100 (1.1 / 2)^2 = 30, and 100 (10.1 / 2)^2
    const Ensemble left = pruned(grown, imitation.decision());
    EXPECT_EQ(left.roots.size(), 2U);
    EXPECT_EQ(left.nodes.size(), 4U);
    for (const LeafWeight& weight : left.weights) EXPECT_NE(weight.value, 0);
}

/// One tree over x = 0 .. 7 of two classes; what its four leaves say of the first, two rows each.
Ensemble four_leaves(const std::array<double, 4>& first) {
    Ensemble e;
    e.outputs = 2;
    e.labels = {0, 1};
    e.classifies = true;
    std::array<std::int32_t, 4> leaves{};
    for (std::size_t i = 0; i < 4; ++i) leaves[i] = testing::add_leaf(e, {{0, first[i]}, {1, 1 - first[i]}});
    const auto low = testing::add_test(e, 0, 1.5, leaves[0], leaves[1]);
    const auto high = testing::add_test(e, 0, 5.5, leaves[2], leaves[3]);
    e.roots = {testing::add_test(e, 0, 3.5, low, high)};
    classify_leaves(e);
    return e;
}

TEST(Imitation, RowsNearTheOtherClassCountMore) {
    // Both pairs are 0.1 apart, so that either cut adds 4 * 2 * 0.05^2 as scores go. The rows of the first
    // count 0.1 + exp(-4) and 0.1 + exp(-3), of the second 0.1 + exp(-0.5): over their mean 0.28, 0.36 and
    // 1.68, so that the cuts add 0.0064 and 0.034.
    const Examples rows = testing::class_rows();
    const Grown grown = trees::grown(four_leaves({0.9, 0.8, 0.55, 0.45}), rows);
    ASSERT_TRUE(grown.predicts);
    Imitation imitation(grown, rows, kHardly);
    EXPECT_EQ(imitation.choose(0.003), 7);
    EXPECT_EQ(imitation.choose(0.010), 5);
    const Ensemble left = pruned(grown, imitation.decision());
    const double x[] = {0, 4, 7};
    std::array<double, 6> y{};
    std::array<std::int64_t, 3> labels{};
    predict(left, x, 3, 1, y.data(), labels);
    // Weighted, of 0.9 and 0.8; saying more than 0.8 of the class counts less than saying less than 0.9.
    EXPECT_GT(y[0], 0.8);
    EXPECT_LT(y[0], 0.9);
    EXPECT_NEAR(y[2], 0.55, 1e-6);
    EXPECT_NEAR(y[4], 0.45, 1e-6);
}

TEST(Imitation, ScoresOfClassesKeepTheirSum) {
    // Three trees say all that there is; what is left of them is fitted until the scores differ a good deal.
    Ensemble e;
    e.outputs = 3;
    e.labels = {0, 1, 2};
    e.classifies = true;
    for (int t = 0; t < 3; ++t) {
        const auto leaf = [&](std::int32_t k) {
            return testing::add_leaf(e, {{k, 0.3},
                                         {(k + 1 + t) % 3, t == 2 ? 0.0 : 1.0 / 30},
                                         {(k + 2) % 3, t == 2 ? 1.0 / 30 : 0.0}});
        };
        const auto low = testing::add_test(e, 0, 1.5 + 0.5 * t, leaf(0), leaf(1));
        const auto high = testing::add_test(e, 0, 5.5 + 0.5 * t, leaf(2), leaf(t % 3));
        e.roots.push_back(testing::add_test(e, 0, 3.5, low, high));
    }
    classify_leaves(e);
    Examples rows = testing::class_rows();
    rows.classes = 3;
    const Grown grown = trees::grown(e, rows);
    ASSERT_TRUE(grown.predicts);
    Imitation imitation(grown, rows, 0.5);
    EXPECT_LT(imitation.choose(0.02), 21);
    imitation.fit(5);
    const Ensemble left = pruned(grown, imitation.decision());
    std::array<double, 24> y{};
    std::array<std::int64_t, 8> labels{};
    predict(left, rows.x.data(), 8, 1, y.data(), labels);
    for (std::size_t row = 0; row < 8; ++row)
        EXPECT_NEAR(y[3 * row] + y[3 * row + 1] + y[3 * row + 2], 1, 1e-6) << row;
}

TEST(SyntheticRows, LieAroundNeighbours) {
    // Two groups far apart: no row is made between them, and a column of one value keeps it.
    Examples rows{.columns = 2, .x = {}, .y = {}, .classes = 2};
    for (int i = 0; i < 40; ++i) {
        rows.x.insert(rows.x.end(), {(i < 20 ? 0.0 : 1000.0) + i % 20, 5.0});
        rows.y.push_back(i < 20 ? 0 : 1);
    }
    const Examples made = with_synthetic_rows(rows, 3, 7);
    ASSERT_EQ(made.rows(), 160);
    EXPECT_TRUE(std::equal(rows.x.begin(), rows.x.end(), made.x.begin()));
    bool moved = false;
    for (std::int64_t row = 40; row < made.rows(); ++row) {
        const double x = made.row(row)[0];
        EXPECT_EQ(made.row(row)[1], 5);
        EXPECT_EQ(x > 500, made.y[static_cast<std::size_t>(row)] == 1);
        moved = moved || x != std::floor(x);
    }
    EXPECT_TRUE(moved);
    EXPECT_EQ(with_synthetic_rows(rows, 3, 7).x, made.x);
    EXPECT_EQ(with_synthetic_rows(rows, 0, 7).rows(), 40);
}

TEST(SyntheticRows, MissingValuesAreTakenAsTheyAre) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Examples rows{.columns = 2, .x = {nan, 1, 2, 1.5, nan, 50}, .y = {0, 1, 0}, .classes = 2};
    const Examples made = with_synthetic_rows(rows, 50, 1);
    for (std::int64_t row = 0; row < made.rows(); ++row) {
        const double x = made.row(row)[0];
        EXPECT_TRUE(std::isnan(x) || x == 2) << x;
        EXPECT_TRUE(std::isfinite(made.row(row)[1]));
    }
}

TEST(GlobalRefinement, RefusesWhatItCannotDo) {
    const Examples rows = testing::number_rows(100);
    Ensemble forest = testing::number_forest(3);
    const Method& method = methods().get("global-refinement");
    const Grown grown = trees::grown(forest, rows);
    EXPECT_THROW(method.decide(grown, {.examples = rows}, 0), InvalidArgument);
    EXPECT_THROW(method.decide(grown, {.examples = rows}, 1.5), InvalidArgument);
    forest.aggregate = Aggregate::max;
    const Grown largest = trees::grown(forest, rows);
    EXPECT_THROW(method.decide(largest, {.examples = rows}, 0.5), Unsupported);
}

TEST(GlobalRefinement, MakesRowsOnceAndStopsWhereItIsAskedTo) {
    const Examples rows = testing::number_rows(100);
    const Grown grown = trees::grown(testing::number_forest(12), rows);
    const Method& method = methods().get("global-refinement");
    const Evidence evidence{.examples = rows};
    const auto cut = method.decide(grown, evidence, 0.5).cut;
    const auto* made = evidence.synthetic.get();
    ASSERT_NE(made, nullptr);
    EXPECT_GT(made->rows(), 100);
    EXPECT_EQ(method.decide(grown, evidence, 0.5).cut, cut);
    EXPECT_EQ(evidence.synthetic.get(), made);
    const Evidence stopped{.examples = rows, .pause = [] { throw Interrupted("stopped"); }};
    EXPECT_THROW(method.decide(grown, stopped, 0.5), Interrupted);
}

/// A price of 0 would never rise.
TEST(GlobalRefinement, TreesThatAllSayTheSameAreCut) {
    const Examples rows = testing::number_rows(100);
    Ensemble forest = testing::number_forest(3);
    for (LeafWeight& weight : forest.weights) weight.value = 2;
    const Grown grown = trees::grown(forest, rows);
    const Ensemble left =
        pruned(grown, methods().get("global-refinement").decide(grown, {.examples = rows}, 0.5));
    EXPECT_LE(left.nodes.size() * 2, grown.nodes.size() + 1);
}

TEST(GlobalRefinement, ScoresThatAreNoNumbersAreRefused) {
    for (const double odd : {std::numeric_limits<double>::quiet_NaN(), 1e300}) {
        Ensemble forest = testing::number_forest(3);
        forest.weights.front().value = odd;
        EXPECT_THROW(trees::grown(forest, testing::number_rows(100)), InvalidModel);
    }
}

}  // namespace
}  // namespace espalier::trees
