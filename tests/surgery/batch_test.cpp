// Networks for a fixed number of examples, opened for any.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/surgery.h"

namespace espalier {
namespace {

using Ints = std::vector<std::int64_t>;

/// x [dims] -> nodes -> y, with integer initialisers.
Graph network(const Dims& dims, std::vector<Node> nodes, const std::map<std::string, Ints>& ints) {
    Graph graph;
    graph.name = "fixed";
    graph.inputs = {{"x", {DType::f32, dims}}};
    graph.nodes = std::move(nodes);
    for (const auto& [name, values] : ints)
        graph.initializers.emplace(
            name, Tensor::of<std::int64_t>({static_cast<std::int64_t>(values.size())}, values));
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    verify(graph);
    return graph;
}

Ints shape_at(const Graph& graph, std::size_t node) {
    const auto held = graph.initializers.at(graph.nodes.at(node).inputs.at(1)).as<std::int64_t>();
    return {held.begin(), held.end()};
}

TEST(OpenBatch, FlatteningByALiteral) {
    const Graph graph = surgery::with_open_batch(
        network({1, 8, 4, 4}, {{"flat", "Reshape", {"x", "s"}, {"y"}, {}}}, {{"s", {1, 128}}}));
    EXPECT_EQ(to_string(graph.inputs[0].type.dims), "Nx8x4x4");
    EXPECT_EQ(shape_at(graph, 0), (Ints{-1, 128}));
}

TEST(OpenBatch, ShapesThatAllowAnyBatchStay) {
    for (const Ints& shape : {Ints{-1, 128}, Ints{0, -1}, Ints{0, 128}}) {
        const Graph graph = surgery::with_open_batch(
            network({1, 8, 4, 4}, {{"flat", "Reshape", {"x", "s"}, {"y"}, {}}}, {{"s", shape}}));
        EXPECT_EQ(shape_at(graph, 0), shape);
        EXPECT_EQ(graph.initializers.size(), 1U);
    }
    // -1 for the other dimension: both are written anew.
    const Graph graph = surgery::with_open_batch(
        network({1, 8, 4, 4}, {{"flat", "Reshape", {"x", "s"}, {"y"}, {}}}, {{"s", {1, -1}}}));
    EXPECT_EQ(shape_at(graph, 0), (Ints{-1, 128}));
}

/// A batch of 2: windows of an image go beside the batch, as in Swin.
TEST(OpenBatch, WindowsBesideTheBatch) {
    const Graph graph = surgery::with_open_batch(
        network({2, 8, 8, 3},
                {{"split", "Reshape", {"x", "a"}, {"b"}, {}},
                 {"turn", "Transpose", {"b"}, {"c"}, {{"perm", Ints{0, 1, 3, 2, 4, 5}}}},
                 {"join", "Reshape", {"c", "d"}, {"e"}, {}},
                 {"back", "Reshape", {"e", "f"}, {"y"}, {}}},
                {{"a", {2, 2, 4, 2, 4, 3}}, {"d", {8, 16, 3}}, {"f", {2, 2, 2, 16, 3}}}));
    EXPECT_EQ(shape_at(graph, 0), (Ints{-1, 2, 4, 2, 4, 3}));
    EXPECT_EQ(shape_at(graph, 2), (Ints{-1, 16, 3}));
    EXPECT_EQ(shape_at(graph, 3), (Ints{-1, 2, 2, 16, 3}));
}

/// Tokens first, as in torch's attention: heads go beside the batch, which is in the middle.
TEST(OpenBatch, TokensBeforeTheBatch) {
    const Graph graph =
        surgery::with_open_batch(network({1, 5, 12},
                                         {{"turn", "Transpose", {"x"}, {"t"}, {{"perm", Ints{1, 0, 2}}}},
                                          {"heads", "Reshape", {"t", "h"}, {"b"}, {}},
                                          {"rows", "Reshape", {"t", "r"}, {"c"}, {}},
                                          {"again", "Reshape", {"c", "a"}, {"y"}, {}}},
                                         {{"h", {5, 3, 4}}, {"r", {5, 12}}, {"a", {5, 1, 12}}}));
    EXPECT_EQ(shape_at(graph, 1), (Ints{5, -1, 4}));
    EXPECT_EQ(shape_at(graph, 2), (Ints{-1, 12})) << "tokens and batch in one dimension";
    EXPECT_EQ(shape_at(graph, 3), (Ints{5, -1, 12}));
}

TEST(OpenBatch, WhatDoesNotAllowItIsNamed) {
    EXPECT_ERROR(
        Unsupported,
        "node \"sum\": it gives 1x4 for any number of examples, so that the network takes 1 at a time only",
        surgery::with_open_batch(
            network({1, 4}, {{"sum", "ReduceSum", {"x", "a"}, {"y"}, {}}}, {{"a", {0}}})));
    // A token of its own beside each example's, written for one.
    Graph graph =
        network({1, 3, 4}, {{"join", "Concat", {"x", "x"}, {"y"}, {{"axis", std::int64_t{1}}}}}, {});
    graph.initializers.emplace("token", Tensor(DType::f32, {1, 1, 4}));
    graph.nodes[0].inputs[0] = "token";
    graph.outputs[0].type.dims = {1, 4, 4};
    verify(graph);
    EXPECT_ERROR(Unsupported, "node \"join\"", surgery::with_open_batch(graph));
}

TEST(OpenBatch, AnOpenOneStaysAsItIs) {
    const Graph graph = network({Dim("B"), 4}, {{"relu", "Relu", {"x"}, {"y"}, {}}}, {});
    EXPECT_TRUE(surgery::with_open_batch(graph) == graph);
}

}  // namespace
}  // namespace espalier
