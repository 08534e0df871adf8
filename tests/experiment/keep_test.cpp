// Weights that stay whole, layers that get thin, and criteria that the network itself tells.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "espalier/experiment.h"
#include "graph/builder.h"

namespace espalier {
namespace {

Graph network(bool normalised = false) {
    GraphBuilder b("network", 1);
    std::string x = b.input("x", {Dim("N"), 3, 8, 8});
    for (const char* name : {"a", "b"}) {
        x = b.conv(name, x, 16, {.size = 3, .pad = 1}, !normalised);
        if (normalised) x = b.batch_norm(std::string(name) + "n", x);
        x = b.relu(std::string(name) + "r", x);
    }
    b.output(b.linear("head", b.flatten("flat", x), 5));
    return std::move(b).finish();
}

std::int64_t zeros(const Graph& graph, const std::string& name) {
    const Tensor& tensor = graph.initializers.at(name);
    return std::ranges::count(tensor.f32(), 0.0F);
}

TEST(Keep, KeptWeightsStayWholeAndCountInNoShare) {
    Graph graph = network();
    const prune::Plan plan = experiment::cut(graph, {.target = {.sparsity = 0.8}, .keep = {"head*"}});
    EXPECT_EQ(zeros(graph, "head.weight"), 0);
    EXPECT_EQ(plan.layers.size(), 2U);
    const std::int64_t count = 16 * 3 * 9 + 16 * 16 * 9;
    EXPECT_EQ(zeros(graph, "a.weight") + zeros(graph, "b.weight"), count * 4 / 5);
    EXPECT_ERROR(InvalidArgument, "--keep \"haed.weight\" is not known; did you mean \"head.weight\"",
                 experiment::cut(graph, {.target = {.sparsity = 0.8}, .keep = {"haed.weight"}}));
    EXPECT_ERROR(InvalidArgument, "all weights are kept",
                 experiment::cut(graph, {.target = {.sparsity = 0.8}, .keep = {"*"}}));
}

TEST(Keep, UnitsOfAKeptWeightAreNotRemoved) {
    Graph graph = network();
    const experiment::Removal removal =
        experiment::remove(graph, {.scope = "layer-wise", .target = {.sparsity = 0.5}, .keep = {"a.weight"}});
    EXPECT_EQ(graph.initializers.at("a.weight").shape(), (Shape{16, 3, 3, 3}));
    EXPECT_EQ(graph.initializers.at("b.weight").shape(), (Shape{8, 16, 3, 3}));
    const auto kept = std::ranges::find(removal.groups, "a.weight", &experiment::Removal::Group::name);
    EXPECT_EQ(kept->refused, "it is kept");
}

TEST(Keep, ALayerOfLessThanAHundredthIsNamed) {
    Graph graph = network();
    for (float& weight : graph.initializers.at("b.weight").f32()) weight *= 1e-3F;
    const prune::Plan plan = experiment::cut(graph, {.target = {.sparsity = 0.5}});
    EXPECT_TRUE(std::ranges::any_of(plan.notes, [](const std::string& note) {
        return note.find("b.weight keeps") == 0 && note.find("less than 1 %") != std::string::npos;
    }));
}

/// The scales stand in the file: no data are needed.
TEST(OwnSignals, BatchNormScaleCutsTheFiltersWithTheSmallest) {
    Graph graph = network(true);
    auto gamma = graph.initializers.at("an.scale").f32();
    for (std::size_t i = 0; i < gamma.size(); ++i) gamma[i] = i % 2 == 0 ? 1e-3F : 1.0F;
    for (float& value : graph.initializers.at("bn.scale").f32()) value = 0.5F;
    experiment::cut(graph, {.granularity = "filter",
                            .criterion = "batch-norm-scale",
                            .scope = "layer-wise",
                            .target = {.sparsity = 0},
                            .layers = {{"a.weight", 0.5}, {"b.weight", 0}, {"head.weight", 0}}});
    const auto weights = graph.initializers.at("a.weight").f32();
    for (std::size_t filter = 0; filter < 16; ++filter)
        EXPECT_EQ(weights[filter * 27] == 0, filter % 2 == 0) << filter;
    Graph plain = network();
    EXPECT_ERROR(InvalidArgument, "no batch normalisation",
                 experiment::cut(plain, {.criterion = "batch-norm-scale", .target = {.sparsity = 0.5}}));
}

}  // namespace
}  // namespace espalier
