// Every method: it prunes more for a larger amount (or fewer trees), what it leaves is a right ensemble, and
// what it prunes least is the whole. Some against values worked out by hand.
#include "trees/method.h"

#include <gtest/gtest.h>

#include "espalier/error.h"
#include "trees/choose/validation.h"
#include "trees/examples.h"

namespace espalier::trees {
namespace {

Ensemble cut_by(const char* name, const Grown& grown, const Evidence& evidence, double amount) {
    const Decision decision = methods().get(name).decide(grown, evidence, amount);
    return pruned(grown, decision);
}

TEST(TreeMethods, EveryOneAlongItsAmounts) {
    const Examples numbers = testing::number_rows(300);
    const Examples classes = testing::class_rows();
    for (const Method* method : methods()) {
        const Examples& rows = method->needs_classes ? classes : numbers;
        const Grown grown =
            trees::grown(method->needs_classes ? testing::class_tree() : testing::number_forest(12), rows);
        ASSERT_TRUE(grown.predicts) << method->name;
        const Evidence evidence{.examples = rows, .held_out = method->needs_held_out ? &rows : nullptr};
        std::size_t before = grown.ensemble.nodes.size();
        for (const double amount : method->amounts(grown, evidence)) {
            const Ensemble left = cut_by(method->name.data(), grown, evidence, amount);
            EXPECT_LE(left.nodes.size(), before) << method->name << " " << amount;
            before = left.nodes.size();
            EXPECT_GE(left.roots.size(), 1U);
            EXPECT_EQ(without_sharing(left).nodes.size(), left.nodes.size());
        }
        EXPECT_FALSE(method->formula.empty());
        EXPECT_FALSE(method->source.empty());
    }
}

TEST(TreeMethods, CostComplexityAtAnAlpha) {
    const Examples rows = testing::class_rows();
    const Grown grown = trees::grown(testing::class_tree(), rows);
    EXPECT_EQ(cut_by("cost-complexity", grown, {.examples = rows}, 0).nodes.size(), 9U);
    EXPECT_EQ(cut_by("cost-complexity", grown, {.examples = rows}, 0.1).nodes.size(), 5U);
    EXPECT_EQ(cut_by("cost-complexity", grown, {.examples = rows}, 0.2).nodes.size(), 1U);
}

TEST(TreeMethods, ALeafSaysWhatItsRowsSay) {
    const Examples rows = testing::class_rows();
    const Grown grown = trees::grown(testing::class_tree(), rows);
    const Ensemble left = cut_by("cost-complexity", grown, {.examples = rows}, 0.1);
    const double x[] = {6};
    double scores[2];
    std::int64_t label[1];
    predict(left, x, 1, 1, scores, std::span(label));
    EXPECT_DOUBLE_EQ(scores[1], 0.75);  // 1 1 0 1
    EXPECT_EQ(label[0], 1);
}

TEST(TreeMethods, MinimumSamplesAndReducedError) {
    const Examples rows = testing::class_rows();
    const Grown grown = trees::grown(testing::class_tree(), rows);
    // Both sides of every split but the root's and 5.5 have a single row.
    EXPECT_EQ(cut_by("minimum-samples", grown, {.examples = rows}, 1).nodes.size(), 9U);
    EXPECT_EQ(cut_by("minimum-samples", grown, {.examples = rows}, 2).nodes.size(), 5U);
    EXPECT_EQ(cut_by("minimum-samples", grown, {.examples = rows}, 5).nodes.size(), 1U);
    // Held out: the row 6 is of class 1 there, so all right of 3.5 is.
    Examples held = rows;
    held.y[6] = 1;
    EXPECT_EQ(cut_by("reduced-error", grown, {.examples = rows, .held_out = &held}, 0).nodes.size(), 5U);
}

TEST(TreeMethods, PessimisticErrorByHand) {
    // Right of 3.5: e = 1, so 1.5 against three leaves of 1/2 each: 1.5 <= 1.5 is cut without any spread; the
    // left side is 1.5 against 1.
    const Examples rows = testing::class_rows();
    const Grown grown = trees::grown(testing::class_tree(), rows);
    EXPECT_EQ(cut_by("pessimistic-error", grown, {.examples = rows}, 0).nodes.size(), 5U);
}

TEST(TreeMethods, GreedyTreesBeatRandomOnes) {
    const Examples rows = testing::number_rows(300);
    const Ensemble forest = testing::number_forest(12);
    const Grown grown = trees::grown(forest, rows);
    const Evidence evidence{.examples = rows};
    std::vector<double> first(12, 0);
    for (std::size_t t = 0; t < 4; ++t) first[t] = 3;
    const double by_order = loss_of(pruned(grown, {}, first), rows).mean;
    const double greedy = loss_of(cut_by("greedy-trees", grown, evidence, 4), rows).mean;
    const double lasso = loss_of(cut_by("l1-trees", grown, evidence, 4), rows).mean;
    EXPECT_LT(greedy, by_order);
    EXPECT_LT(lasso, by_order);
    EXPECT_LE(cut_by("l1-trees", grown, evidence, 4).roots.size(), 4U);
    EXPECT_THROW(cut_by("greedy-trees", grown, evidence, 13), InvalidArgument);
    EXPECT_THROW(cut_by("greedy-trees", grown, evidence, 1.5), InvalidArgument);
}

TEST(TreeMethods, FeaturesGoWithTheirTests) {
    // y = 4 a + b, in a tree over a with a test of b on each side: a says more.
    Ensemble e;
    const auto side = [&](double low) {
        return testing::add_test(e, 1, 0.5, testing::add_leaf(e, {{0, low}}),
                                 testing::add_leaf(e, {{0, low + 1}}));
    };
    const auto low = side(0);
    const auto high = side(4);
    e.roots = {testing::add_test(e, 0, 0.5, low, high)};
    // Of a = 0, two rows have b = 1 and one has 0; of a = 1 the other way.
    const Examples rows{
        .columns = 2, .x = {0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1}, .y = {0, 1, 1, 4, 4, 5}, .classes = 0};
    const Grown grown = trees::grown(e, rows);
    const Ensemble one = cut_by("ranked-features", grown, {.examples = rows}, 1);
    EXPECT_EQ(features_read(one), 1);
    ASSERT_EQ(one.nodes.size(), 3U);
    const double x[] = {0, 0, 1, 1};
    double y[2];
    predict(one, x, 2, 2, y, {});
    EXPECT_EQ(y[0], 1);  // the side that more rows take
    EXPECT_EQ(y[1], 4);
    EXPECT_EQ(cut_by("ranked-features", grown, {.examples = rows}, 2).nodes.size(), 7U);
    EXPECT_THROW(cut_by("ranked-features", grown, {.examples = rows}, 0), InvalidArgument);
}

TEST(TreeMethods, AFoldDecidesWhereRowsAreHeldOut) {
    const Examples rows = testing::number_rows(300);
    const Method& method = methods().get("reduced-error");
    const Validated found = validate(method, testing::number_forest(3), rows, std::nullopt, 3, 1);
    ASSERT_EQ(found.trials.size(), 1U);
    EXPECT_GT(found.trials[0].loss.mean, 0);
    EXPECT_THROW(validate(method, testing::number_forest(3), rows, std::nullopt, 2, 1), InvalidArgument);
}

TEST(TreeMethods, FoldsChooseWithinOneStandardError) {
    Examples rows = testing::number_rows(300);
    const Validated found =
        validate(methods().get("cost-complexity"), testing::number_forest(3), rows, std::nullopt, 5, 1);
    ASSERT_GE(found.trials.size(), 2U);
    EXPECT_LE(found.trials[found.chosen].loss.mean,
              found.trials[found.least].loss.mean + found.trials[found.least].loss.standard_error);
    EXPECT_GE(found.chosen, found.least);
    EXPECT_THROW(
        validate(methods().get("cost-complexity"), testing::number_forest(3), rows, std::nullopt, 301, 1),
        InvalidArgument);
}

TEST(TreeMethods, WhatWouldChangeItsMeaningIsRefused) {
    Ensemble e;
    e.outputs = 2;
    e.labels = {0, 1};
    e.classifies = true;
    e.post = PostTransform::logistic;
    e.roots = {testing::add_test(e, 0, 0, testing::add_leaf(e, {{0, -0.5}}), testing::add_leaf(e, {{0, 1}}))};
    classify_leaves(e);
    const Examples rows{.columns = 1, .x = {-1, 1}, .y = {0, 1}, .classes = 2};
    const Grown grown = trees::grown(e, rows);
    EXPECT_FALSE(grown.predicts);
    EXPECT_THROW(cut_by("cost-complexity", grown, {.examples = rows}, 100), Unsupported);
}

}  // namespace
}  // namespace espalier::trees
