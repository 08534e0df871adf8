// Synaptic flow as a criterion for networks that are files.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/removal/removed.h"
#include "graph/builder.h"

namespace espalier::experiment {
namespace {

/// Its second layer is narrow, and magnitude empties it.
Graph network() {
    GraphBuilder b("narrow", 2);
    std::string x = b.input("x", {Dim("N"), 3, 8, 8});
    x = b.relu("r1", b.batch_norm("n1", b.conv("first", x, 16, {.size = 3, .stride = 1, .pad = 1})));
    x = b.relu("r2", b.batch_norm("n2", b.conv("second", x, 4, {.size = 1})));
    x = b.relu("r3", b.batch_norm("n3", b.conv("third", x, 32, {.size = 3, .stride = 1, .pad = 1})));
    b.output(b.linear("last", b.flatten("flat", b.global_average_pool("pool", x)), 32, 10));
    Graph graph = std::move(b).finish();
    for (float& value : graph.initializers.at("second.weight").f32()) value *= 0.01F;
    return graph;
}

std::int64_t kept(const prune::Plan& plan, const std::string& weight) { return plan.masks.at(weight).kept(); }

TEST(Synflow, KeepsWaysThroughEveryLayerOfAFile) {
    Graph graph = network();
    const Graph before = graph;
    const prune::Plan plan = cut(graph, {.criterion = "synflow", .target = {.sparsity = 0.95}});
    EXPECT_EQ(plan.masks.kept(), plan.masks.count() - plan.masks.count() * 95 / 100);
    EXPECT_GT(kept(plan, "second.weight"), 4) << "it hit the floor";
    Graph by_magnitude = before;
    const prune::Plan other = cut(by_magnitude, {.target = {.sparsity = 0.95}});
    EXPECT_EQ(kept(other, "second.weight"), 1);
    EXPECT_EQ(graph.initializers.at("n1.scale"), before.initializers.at("n1.scale"));
}

TEST(Synflow, TakesItsScoresAnewInRounds) {
    Graph once = network();
    Graph often = network();
    const Cut how{.criterion = "synflow", .target = {.sparsity = 0.97}, .score_rounds = 1};
    const prune::Plan at_once = cut(once, how);
    std::vector<double> shares;
    const Watch watch{.progress = [&](double share, const std::string&) { shares.push_back(share); }};
    const prune::Plan in_rounds =
        cut(often, {.criterion = "synflow", .target = {.sparsity = 0.97}, .score_rounds = 4}, nullptr, watch);
    EXPECT_EQ(shares, (std::vector<double>{0.25, 0.5, 0.75, 1}));
    EXPECT_NE(at_once.masks.at("third.weight"), in_rounds.masks.at("third.weight"));
    EXPECT_EQ(at_once.masks.kept(), in_rounds.masks.kept());
}

TEST(Synflow, RoundsDivideASparsity) {
    Graph graph = network();
    EXPECT_ERROR(InvalidArgument,
                 "synflow takes its scores anew in 100 rounds, which divide a sparsity: --sparsity, or "
                 "--score-rounds 1",
                 cut(graph, {.criterion = "synflow", .target = {.weights = 100}}));
    const prune::Plan plan =
        cut(graph, {.criterion = "synflow", .target = {.weights = 100}, .score_rounds = 1});
    EXPECT_EQ(plan.masks.kept(), 100);
    EXPECT_ERROR(InvalidArgument, "scores in -1 rounds: expected 1 or more",
                 cut(graph, {.target = {.sparsity = 0.5}, .score_rounds = -1}));
}

TEST(Synflow, StopsBetweenRounds) {
    Graph graph = network();
    const Graph before = graph;
    const std::atomic<bool> stop{true};
    EXPECT_ERROR(Interrupted, "stopped",
                 cut(graph, {.criterion = "synflow", .target = {.sparsity = 0.5}}, nullptr, {.stop = &stop}));
    EXPECT_EQ(graph, before);
}

TEST(Synflow, ChoosesUnitsToRemove) {
    Graph graph = network();
    const Removal removal =
        remove(graph, {.granularity = "filter", .criterion = "synflow", .target = {.sparsity = 0.5}});
    EXPECT_LT(removal.difference, 1e-5);
    EXPECT_LT(graph.initializers.at("third.weight").count(),
              network().initializers.at("third.weight").count());
    EXPECT_ERROR(InvalidArgument, "a removal takes its scores once",
                 check_removal({.criterion = "synflow", .score_rounds = 2}, calibrate::Repair::none, false));
}

}  // namespace
}  // namespace espalier::experiment
