#include "espalier/surgery.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "graph/builder.h"

namespace espalier::surgery {
namespace {

/// Gemm with transB, Gemm without, MatMul: outputs are counted by dimension 0, 1, 1.
Graph three_layers() {
    GraphBuilder builder("three", 1);
    std::string x = builder.input("input", {Dim("N"), Dim(4)});
    x = builder.linear("a", x, 4, 5);
    builder.initializer("b.weight", Tensor(DType::f32, {5, 6}));
    x = builder.node({.name = "b", .op = "Gemm", .inputs = {x, "b.weight"}, .outputs = {}, .attributes = {}});
    builder.initializer("c.weight", Tensor::of<float>({6, 2}, {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, -0.0F}));
    x = builder.node(
        {.name = "c", .op = "MatMul", .inputs = {x, "c.weight"}, .outputs = {}, .attributes = {}});
    builder.output(x);
    return std::move(builder).finish();
}

TEST(Candidates, AreTheWeightsInOrderWithTheirOutputAxes) {
    const Graph graph = three_layers();
    const auto found = candidates(graph, graph.initializers);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].name, "a.weight");
    EXPECT_EQ(found[0].output_axis, 0);
    EXPECT_EQ(found[1].name, "b.weight");
    EXPECT_EQ(found[1].output_axis, 1);
    EXPECT_EQ(found[2].output_axis, 1);
    EXPECT_EQ(found[2].weight.data(), graph.initializers.at("c.weight").f32().data());
}

TEST(Candidates, MissingWeight) {
    EXPECT_ERROR(InvalidArgument, "the weights hold no \"a.weight\"", candidates(three_layers(), {}));
}

TEST(Masks, AllKeptKeepsAllAndZerosOfFindsZeros) {
    const Graph graph = three_layers();
    EXPECT_EQ(all_kept(graph).kept(), 20 + 30 + 12);
    const prune::MaskSet zeros = zeros_of(graph);
    EXPECT_EQ(zeros.at("b.weight").kept(), 0);
    EXPECT_EQ(zeros.at("c.weight").kept(), 6);
}

TEST(OutputWeights, AreTheLastOnTheWayToTheOutput) {
    EXPECT_EQ(output_weights(three_layers()), std::vector<std::string>{"c.weight"});
    // A head that stands last but leads elsewhere, and two branches that meet behind their weights.
    GraphBuilder builder("branches", 1);
    const std::string x = builder.input("input", {Dim("N"), Dim(4)});
    const std::string h = builder.relu("relu", builder.linear("a", x, 5));
    const std::string b = builder.linear("b", h, 3);
    const std::string c = builder.linear("c", h, 3);
    const std::string sum = builder.add("sum", b, c);
    builder.output(builder.relu("end", sum));
    builder.linear("aside", h, 3);
    EXPECT_EQ(output_weights(std::move(builder).finish()),
              (std::vector<std::string>{"c.weight", "b.weight"}));
}

Graph two_hidden() {
    GraphBuilder builder("two-hidden", 1);
    std::string x = builder.input("input", {Dim("N"), Dim(10)});
    x = builder.relu("relu1", builder.linear("fc1", x, 10));
    x = builder.relu("relu2", builder.linear("fc2", x, 10));
    builder.output(builder.linear("fc3", x, 3));
    return std::move(builder).finish();
}

TEST(Dropout, InTrainingModeIsLeftOut) {
    const auto with = [](bool trains, bool reads_mask) {
        Graph graph;
        graph.name = "drop";
        graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(4)}}}};
        graph.initializers.emplace("ratio", Tensor::of<float>({}, std::vector<float>{0.5F}));
        Tensor mode(DType::boolean, {});
        mode.as<bool>()[0] = trains;
        graph.initializers.emplace("mode", std::move(mode));
        graph.nodes = {{"r", "Relu", {"x"}, {"a"}, {}},
                       {"d", "Dropout", {"a", "ratio", "mode"}, {"b", "mask"}, {}},
                       {"n", "Neg", {"b"}, {"y"}, {}}};
        graph.outputs = {{"y", {DType::f32, {Dim("N"), Dim(4)}}}};
        if (reads_mask) graph.outputs.push_back({"mask", {DType::boolean, {Dim("N"), Dim(4)}}});
        verify(graph);
        return graph;
    };
    const Graph left = without_training_dropout(with(true, false));
    EXPECT_EQ(left.nodes.size(), 2U);
    EXPECT_TRUE(left.initializers.empty());
    verify(left);
    EXPECT_EQ(without_training_dropout(with(false, true)), with(false, true));
    EXPECT_ERROR(Unsupported, "node \"d\": Dropout in training mode whose mask is read",
                 without_training_dropout(with(true, true)));
}

TEST(Dropout, StandsBehindHiddenLayersAndFollowsTheirConnections) {
    const Graph graph = two_hidden();
    prune::MaskSet masks = all_kept(graph);
    prune::Mask pruned({10, 10}, false);
    for (std::int64_t i = 0; i < 11; ++i) pruned.set(i, true);
    masks.insert("fc2.weight", pruned);
    const Graph with = with_dropout(graph, 0.5, masks);
    EXPECT_EQ(with.nodes.size(), graph.nodes.size() + 2);
    EXPECT_FLOAT_EQ(with.initializers.at("relu1.dropout.ratio").f32()[0], 0.5F);
    EXPECT_NEAR(with.initializers.at("relu2.dropout.ratio").f32()[0], 0.1658, 5e-5);  // 0.5 sqrt(0.11)
    EXPECT_EQ(with.nodes[3].inputs[0], "relu1.dropout");
    EXPECT_EQ(with.nodes[6].inputs[0], "relu2.dropout");
    EXPECT_EQ(with.outputs[0].name, graph.outputs[0].name);
    EXPECT_EQ(parameters(with), parameters(graph));
}

TEST(Dropout, RefusesWhereItHasNoPlace) {
    EXPECT_ERROR(InvalidArgument, "dropout has no place in \"three\"", with_dropout(three_layers(), 0.5, {}));
    EXPECT_ERROR(InvalidArgument, "dropout of 1, expected 0 to below 1", with_dropout(two_hidden(), 1, {}));
}

}  // namespace
}  // namespace espalier::surgery
