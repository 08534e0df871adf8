// Cuts of weights that are not one matrix of their own shape: in the initialiser, exact, and the network
// still runs.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "experiment/prune/pruned.h"

namespace espalier::experiment {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor numbers(const Shape& shape) {
    Tensor tensor(DType::f32, shape);
    std::uint32_t state = 7;
    for (float& value : tensor.f32()) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8) * 0x1p-24F - 0.5F;
    }
    return tensor;
}

Graph graph_of(const Dims& input, std::map<std::string, Tensor> weights, std::vector<Node> nodes) {
    Graph graph;
    graph.name = "g";
    graph.inputs = {{"x", {DType::f32, input}}};
    for (auto& [name, tensor] : weights) graph.initializers.insert_or_assign(name, std::move(tensor));
    graph.nodes = std::move(nodes);
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    return graph;
}

std::int64_t zeros(const Graph& graph, const std::string& name) {
    return std::ranges::count(graph.initializers.at(name).f32(), 0.0F);
}

/// The outputs of the network on some input, sparse as it chooses, and of the plain dense program.
void expect_runs(const Graph& graph) {
    NamedTensors inputs;
    Shape shape;
    for (const Dim& dim : graph.inputs[0].type.dims) shape.push_back(dim.size());
    inputs.insert_or_assign("x", numbers(shape));
    const auto got =
        runtime::compile(graph, {.threads = 1, .tuning = runtime::Options::Tuning::none}).run(inputs);
    const auto expected = runtime::compile(graph, {.threads = 1,
                                                   .choice = runtime::Options::Choice::dense,
                                                   .tuning = runtime::Options::Tuning::none})
                              .run(inputs);
    for (std::size_t i = 0; i < expected[0].f32().size(); ++i)
        ASSERT_NEAR(got[0].f32()[i], expected[0].f32()[i], 1e-4F) << i;
}

/// Conv, grouped, depthwise, transposed, transposed in groups: a channel and a filter is one channel of the
/// image.
TEST(Forms, ConvolutionsOfEveryKindLoseChannelsAndFilters) {
    const std::vector<std::pair<std::string, std::int64_t>> channels = {
        {"grouped", 8}, {"depthwise", 8}, {"up", 8}, {"upgroups", 6}};
    const std::vector<std::int64_t> filters = {8, 8, 6, 4};
    for (const char* granularity : {"channel", "filter"}) {
        Graph graph =
            graph_of({1, 8, 6, 6},
                     {{"grouped", numbers({8, 2, 3, 3})},
                      {"depthwise", numbers({8, 1, 3, 3})},
                      {"up", numbers({8, 6, 3, 3})},
                      {"upgroups", numbers({6, 2, 3, 3})}},
                     {{"a", "Conv", {"x", "grouped"}, {"a"}, {{"group", std::int64_t{4}}}},
                      {"b", "Conv", {"a", "depthwise"}, {"b"}, {{"group", std::int64_t{8}}}},
                      {"c", "ConvTranspose", {"b", "up"}, {"c"}, {}},
                      {"d", "ConvTranspose", {"c", "upgroups"}, {"y"}, {{"group", std::int64_t{2}}}}});
        const prune::Plan plan =
            cut(graph, {.granularity = granularity, .scope = "layer-wise", .target = {.sparsity = 0.5}});
        ASSERT_EQ(plan.layers.size(), 4U);
        for (std::size_t i = 0; i < 4; ++i) {
            const std::int64_t units =
                granularity == std::string("channel") ? channels[i].second : filters[i];
            EXPECT_EQ(plan.layers[i].units, units) << granularity << " of " << plan.layers[i].name;
            EXPECT_EQ(plan.layers[i].units_kept, units - units / 2);
            EXPECT_EQ(zeros(graph, plan.layers[i].name), plan.layers[i].count / units * (units / 2));
        }
        expect_runs(graph);
    }
}

/// The cell gate has the smallest numbers by far, and keeps its half.
TEST(Forms, EveryGateKeepsItsShareLayerWise) {
    Graph graph = graph_of({5, 2, 8}, {{"W", numbers({1, 16, 8})}, {"R", numbers({1, 16, 4})}},
                           {{"rnn", "LSTM", {"x", "W", "R"}, {"", "y"}, {{"hidden_size", std::int64_t{4}}}}});
    for (float& value : graph.initializers.at("W").f32().subspan(96)) value *= 1e-3F;
    const prune::Plan plan = cut(graph, {.scope = "layer-wise", .target = {.sparsity = 0.5}});
    ASSERT_EQ(plan.layers.size(), 8U);
    EXPECT_EQ(plan.layers[3].name, "W[c]");
    for (const prune::LayerPlan& layer : plan.layers) EXPECT_EQ(layer.kept * 2, layer.count) << layer.name;
    EXPECT_EQ(std::ranges::count(graph.initializers.at("W").f32().subspan(96), 0.0F), 16);
    expect_runs(graph);
}

TEST(Forms, WeightsBehindOtherNodesAreCutWhereTheyAreStored) {
    Graph graph = graph_of({3, 8},
                           {{"w", numbers({10, 8})},
                            {"k", numbers({6, 5, 1})},
                            {"ax", Tensor::of<std::int64_t>({1}, Ints{2})},
                            {"image", Tensor::of<std::int64_t>({4}, Ints{3, 5, 1, 2})}},
                           {{"turn", "Transpose", {"w"}, {"wt"}, {{"perm", Ints{1, 0}}}},
                            {"fc", "MatMul", {"x", "wt"}, {"a"}, {}},
                            {"open", "Unsqueeze", {"k", "ax"}, {"k4"}, {}},
                            {"shape", "Reshape", {"a", "image"}, {"b"}, {}},
                            {"conv", "Conv", {"b", "k4"}, {"y"}, {}}});
    const Tensor before = graph.initializers.at("w");
    cut(graph, {.granularity = "filter", .scope = "layer-wise", .target = {.sparsity = 0.5}});
    EXPECT_EQ(graph.initializers.at("w").shape(), (Shape{10, 8})) << "as it was stored";
    for (std::size_t row = 0; row < 10; ++row) {
        const auto now = graph.initializers.at("w").f32().subspan(row * 8, 8);
        const bool gone = now[0] == 0;
        for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(now[i], gone ? 0 : before.f32()[row * 8 + i]);
    }
    EXPECT_EQ(zeros(graph, "w"), 40);
    EXPECT_EQ(zeros(graph, "k"), 15);
    expect_runs(graph);
}

/// TensorFlow's kernels lie as [height, width, inputs, outputs].
TEST(Forms, KernelsInAnotherOrderLoseFilters) {
    Graph graph = graph_of({1, 4, 6, 6}, {{"w", numbers({3, 3, 4, 8})}},
                           {{"turn", "Transpose", {"w"}, {"k"}, {{"perm", Ints{3, 2, 0, 1}}}},
                            {"conv", "Conv", {"x", "k"}, {"y"}, {}}});
    const prune::Plan plan = cut(graph, {.granularity = "filter", .target = {.sparsity = 0.5}});
    EXPECT_EQ(plan.layers[0].units, 8);
    const auto values = graph.initializers.at("w").f32();
    std::int64_t gone = 0;
    for (std::size_t filter = 0; filter < 8; ++filter) {
        const bool first = values[filter] == 0;
        gone += first ? 1 : 0;
        for (std::size_t i = 0; i < 36; ++i) EXPECT_EQ(values[i * 8 + filter] == 0, first);
    }
    EXPECT_EQ(gone, 4);
    expect_runs(graph);
}

Graph embedding() {
    Graph graph;
    graph.name = "emb";
    graph.inputs = {{"ids", {DType::i64, {2, 5}}}};
    graph.initializers.emplace("E", numbers({20, 4}));
    graph.initializers.emplace("L", numbers({4, 8}));
    graph.nodes = {{"emb", "Gather", {"E", "ids"}, {"e"}, {}}, {"head", "MatMul", {"e", "L"}, {"y"}, {}}};
    graph.outputs = {{"y", {DType::f32, {2, 5, 8}}}};
    return graph;
}

TEST(Forms, EmbeddingsAreCutWhereTheyAreNamed) {
    Graph graph = embedding();
    cut(graph, {.target = {.sparsity = 0.5}});
    EXPECT_EQ(zeros(graph, "E"), 0);
    EXPECT_EQ(zeros(graph, "L"), 16);
    graph = embedding();
    cut(graph,
        {.granularity = "channel", .scope = "layer-wise", .target = {.sparsity = 0.5}, .include = {"E"}});
    EXPECT_EQ(zeros(graph, "E"), 40) << "ten words of four numbers";
    EXPECT_ERROR(InvalidArgument, "--include \"F\" is not known; did you mean \"E\"",
                 cut(graph, {.target = {.sparsity = 0.5}, .include = {"F"}}));
    EXPECT_ERROR(InvalidArgument, "--include \"L\" is pruned anyway",
                 cut(graph, {.target = {.sparsity = 0.5}, .include = {"L"}}));
    graph.nodes.pop_back();
    graph.outputs = {{"e", {DType::f32, {2, 5, 4}}}};
    EXPECT_ERROR(InvalidModel, "has no weights to prune; --include \"E\"",
                 cut(graph, {.target = {.sparsity = 0.5}}));
}

/// A detector's decoding: the expected value of 16 distances.
TEST(Forms, WhatNobodyTrainedIsLeftAndNamed) {
    Tensor steps(DType::f32, {1, 16, 1, 1});
    for (std::size_t i = 0; i < 16; ++i) steps.f32()[i] = static_cast<float>(i);
    const auto decoding = [&] {
        return graph_of(
            {1, 3, 4, 4}, {{"w", numbers({16, 3, 1, 1})}, {"dfl", steps}},
            {{"conv", "Conv", {"x", "w"}, {"a"}, {}}, {"decode", "Conv", {"a", "dfl"}, {"y"}, {}}});
    };
    Graph graph = decoding();
    const prune::Plan plan = cut(graph, {.target = {.sparsity = 0.5}});
    EXPECT_EQ(graph.initializers.at("dfl"), steps);
    ASSERT_EQ(plan.notes.size(), 1U);
    EXPECT_EQ(plan.notes[0],
              "dfl is left as it is: it holds 0, 1, ..., 15, which nobody trained; --include prunes it too");
    graph = decoding();
    EXPECT_EQ(cut(graph, {.target = {.sparsity = 0.5}, .include = {"dfl"}}).layers.size(), 2U);
}

}  // namespace
}  // namespace espalier::experiment
