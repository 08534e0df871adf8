// Outputs reordered for groups: the network computes the same, on every built-in network and where axes are
// coupled in each way, and the cut keeps more.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/models.h"
#include "experiment/trained.h"
#include "graph/builder.h"

namespace espalier {
namespace {

using test::trained;

experiment::Cut cut_of(const std::string& granularity, double sparsity = 0.8) {
    return {.granularity = granularity, .scope = "layer-wise", .target = {.sparsity = sparsity}};
}

/// Sums of magnitudes by weight: reordering changes none.
std::map<std::string, double> magnitudes(const Graph& graph) {
    std::map<std::string, double> sums;
    for (const auto& [name, tensor] : graph.initializers) {
        if (tensor.dtype() != DType::f32) continue;
        for (const float value : tensor.f32()) sums[name] += std::abs(static_cast<double>(value));
    }
    return sums;
}

TEST(Permute, EveryBuiltInNetworkKeepsMoreAndComputesTheSame) {
    for (const char* name : {"lenet-5", "lenet-300-100", "resnet-20", "mobilenet-v2", "vit-192-6"}) {
        SCOPED_TRACE(name);
        const Graph before = trained(models::build(name));
        Graph graph = before;
        const experiment::Permutation result = experiment::permute(graph, cut_of("4x1"));
        EXPECT_TRUE(result.is_applied());
        EXPECT_GT(result.kept_after, result.kept_before);
        EXPECT_LT(result.difference, 1e-4);
        EXPECT_TRUE(std::ranges::any_of(result.groups, [](const auto& group) { return group.moved > 0; }));
        EXPECT_EQ(graph.nodes.size(), before.nodes.size());
        const auto sums = magnitudes(before);
        for (const auto& [weight, sum] : magnitudes(graph))
            EXPECT_NEAR(sum, sums.at(weight), 1e-6 * sum) << weight;
        EXPECT_TRUE(graph.metadata.contains("espalier.permutation"));
        Graph again = before;
        experiment::permute(again, cut_of("4x1"));
        for (const auto& [weight, tensor] : graph.initializers)
            EXPECT_TRUE(std::ranges::equal(tensor.bytes(), again.initializers.at(weight).bytes())) << weight;
    }
}

TEST(Permute, EveryGranularityWithGroups) {
    const Graph before = models::build("lenet-300-100");
    for (const char* granularity :
         {"4x1", "8x1", "16x1", "32x1", "32x2", "32x4", "4x4", "8x4", "1x4", "2:4", "vector 16x1"}) {
        SCOPED_TRACE(granularity);
        Graph graph = before;
        const experiment::Permutation result = experiment::permute(graph, cut_of(granularity));
        EXPECT_GT(result.kept_after, result.kept_before);
        Graph as_it_was = before;
        prune::Plan plain = experiment::cut(as_it_was, cut_of(granularity));
        prune::Plan permuted = experiment::cut(graph, cut_of(granularity));
        // By whole groups, of which those at the edges are smaller.
        EXPECT_NEAR(static_cast<double>(plain.masks.kept()), static_cast<double>(permuted.masks.kept()), 384);
    }
}

TEST(Permute, RefusesWhatHasNoGroups) {
    Graph graph = models::build("lenet-5");
    for (const char* granularity : {"element", "filter", "1x1", "kernel", "layer"})
        EXPECT_THROW(experiment::permute(graph, cut_of(granularity)), InvalidArgument) << granularity;
}

TEST(Permute, WhatGainsNothingStaysAsItIs) {
    GraphBuilder builder("one", 1);
    builder.output(builder.linear("only", builder.input("x", {Dim("N"), 8}), 8, 8));
    Graph graph = std::move(builder).finish();
    const Graph before = graph;
    const experiment::Permutation result = experiment::permute(graph, cut_of("4x1"));
    EXPECT_FALSE(result.is_applied());
    EXPECT_EQ(result.kept_before, result.kept_after);
    EXPECT_TRUE(std::ranges::equal(graph.initializers.at("only.weight").f32(),
                                   before.initializers.at("only.weight").f32()));
    EXPECT_TRUE(graph.metadata.empty());
}

}  // namespace
}  // namespace espalier
