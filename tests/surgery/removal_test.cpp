// Which coupled units go, against scores computed by hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "espalier/surgery.h"
#include "graph/builder.h"
#include "surgery/removal/group_ranking.h"

namespace espalier::surgery {
namespace {

/// x[2] -> a: 4 neurons -> relu -> b: 1 output. Neuron i has the row a_i and the column b_i.
Graph two_layers() {
    GraphBuilder builder("two", 1);
    std::string x = builder.input("x", {Dim("N"), Dim(2)});
    x = builder.relu("r", builder.linear("a", x, 2, 4));
    builder.output(builder.linear("b", x, 4, 1));
    Graph graph = std::move(builder).finish();
    graph.initializers.at("a.weight") = Tensor::of<float>({4, 2}, {1, 1, 3, -3, 2, 2, 0, 5});
    graph.initializers.at("b.weight") = Tensor::of<float>({1, 4}, {9, 1, -2, 1});
    return graph;
}

class Ranking {
  public:
    explicit Ranking(const GroupScoring& how = {}, const prune::MaskSet* current = nullptr,
                     const std::vector<std::string>& kept = {})
        : weights_(candidates(graph_, graph_.initializers)),
          ranking_(groups_, weights_, kept, current, how) {}
    const GroupRanking& operator*() const { return ranking_; }
    const GroupRanking* operator->() const { return &ranking_; }
    const Graph& graph() const { return graph_; }
    const AxisGroups& groups() const { return groups_; }
    std::vector<bool> left(const GroupBudget& budget) const { return ranking_.choose(budget).left.at(0); }

  private:
    Graph graph_ = two_layers();
    AxisGroups groups_{graph_};
    std::vector<prune::Candidate> weights_;
    GroupRanking ranking_;
};

TEST(GroupRanking, ScoresAreMadeOfAllSlices) {
    using Scores = std::vector<float>;
    const auto scores = [](const GroupScoring& how) { return Ranking(how)->groups().at(0).scores; };
    EXPECT_EQ(scores({}), (Scores{11, 7, 6, 6}));
    EXPECT_EQ(scores({.combine = Combine::mean}), (Scores{5.5F, 3.5F, 3, 3}));
    EXPECT_EQ(scores({.combine = Combine::max}), (Scores{9, 6, 4, 5}));
    EXPECT_EQ(scores({.combine = Combine::first}), (Scores{2, 6, 4, 5}));
    EXPECT_EQ(scores({.unit_norm = "max", .combine = Combine::sum}), (Scores{10, 4, 4, 6}));
    EXPECT_EQ(Ranking()->groups().at(0).weights, 3);
    EXPECT_ERROR(InvalidArgument, "\"median\" is none of them", combine_named("median"));
}

TEST(GroupRanking, TiesGoByPosition) {
    const Ranking ranking;
    using Left = std::vector<bool>;
    EXPECT_EQ(ranking.left({.scope = "layer-wise", .target = {.sparsity = 0.25}}), (Left{1, 1, 1, 0}));
    EXPECT_EQ(ranking.left({.scope = "layer-wise", .target = {.sparsity = 0.5}}), (Left{1, 1, 0, 0}));
    EXPECT_EQ(ranking.left({.scope = "layer-wise", .target = {.sparsity = 0.9}, .floor = 2}),
              (Left{1, 1, 0, 0}));
}

TEST(GroupRanking, WidthsByNameAndMultiples) {
    const Ranking ranking;
    using Left = std::vector<bool>;
    const prune::Target none{.sparsity = 0};
    EXPECT_EQ(ranking.left({.target = none, .widths = {{"a.weight", 1}}}), (Left{1, 0, 0, 0}));
    EXPECT_EQ(ranking.left({.target = none, .widths = {{"a.weight", 4}}}), (Left{1, 1, 1, 1}));
    const prune::Target quarter{.sparsity = 0.25};
    EXPECT_EQ(ranking.left({.scope = "layer-wise", .target = quarter, .multiple = 2}), (Left{1, 1, 1, 1}));
    const prune::Target half{.sparsity = 0.75};
    EXPECT_EQ(ranking.left({.scope = "layer-wise", .target = half, .multiple = 2}), (Left{1, 1, 0, 0}));
    EXPECT_ERROR(InvalidArgument, "\"a.weight\" cannot be 5 wide, expected a multiple of 1 up to 4",
                 ranking->choose({.target = none, .widths = {{"a.weight", 5}}}));
    EXPECT_ERROR(InvalidArgument, "group \"a.wight\" is not known",
                 ranking->choose({.target = none, .widths = {{"a.wight", 2}}}));
}

TEST(GroupRanking, WhatIsGoneStaysGone) {
    const Ranking first;
    const auto gone = first->choose({.scope = "layer-wise", .target = {.sparsity = 0.25}}).gone(*first);
    const prune::MaskSet masks = without_units(all_kept(first.graph()), gone);
    EXPECT_EQ(masks.at("a.weight").kept(), 6);
    EXPECT_EQ(masks.at("b.weight").kept(), 3);
    EXPECT_EQ(ids_of(pruned_units(first.groups(), masks)), ids_of(gone));

    const Ranking second({}, &masks);
    using Left = std::vector<bool>;
    // A third of the three that are left.
    EXPECT_EQ(second.left({.scope = "layer-wise", .target = {.rate = 0.34}}), (Left{1, 1, 0, 0}));
}

TEST(GroupRanking, KeptWeightsKeepTheirGroups) {
    const Ranking ranking({}, nullptr, {"b.weight"});
    EXPECT_TRUE(ranking->groups().empty());
    EXPECT_EQ(ranking->left_out(ranking.groups().groups().front()), "it is kept");
}

TEST(GroupRanking, EveryCriterionWithoutDataRanks) {
    for (const std::string criterion : {"magnitude", "random", "fpgm"}) {
        const Ranking ranking({.criterion = criterion});
        const auto left = ranking.left({.scope = "layer-wise", .target = {.sparsity = 0.5}});
        EXPECT_EQ(std::ranges::count(left, true), 2) << criterion;
    }
}

TEST(Narrowing, ComesBackWithZeros) {
    const Ranking ranking;
    const auto gone = ranking->choose({.scope = "layer-wise", .target = {.sparsity = 0.5}}).gone(*ranking);
    const Narrowing narrowing = ranking.groups().narrowing(ranking.graph(), ids_of(gone));
    const Weights small = narrowing.narrow(ranking.graph().initializers);
    EXPECT_EQ(small.at("a.weight"), Tensor::of<float>({2, 2}, {1, 1, 3, -3}));
    EXPECT_EQ(small.at("b.weight"), Tensor::of<float>({1, 2}, {9, 1}));
    EXPECT_EQ(small.at("a.bias").shape(), Shape{2});
    const Weights whole = narrowing.widen(small);
    EXPECT_EQ(whole.at("a.weight"), Tensor::of<float>({4, 2}, {1, 1, 3, -3, 0, 0, 0, 0}));
    EXPECT_EQ(whole.at("b.weight"), Tensor::of<float>({1, 4}, {9, 1, 0, 0}));
    EXPECT_ERROR(InvalidArgument, "\"a.weight\" has shape 2x2, expected 4 along dimension 0",
                 narrowing.narrow("a.weight", small.at("a.weight")));
}

}  // namespace
}  // namespace espalier::surgery
