// What an exporter shares to save bytes is not shared by the network.
#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/surgery.h"

namespace espalier {
namespace {

using Names = std::set<std::string>;

Tensor filled(float value) { return Tensor::of<float>({4}, std::vector<float>(4, value)); }

/// Two fully connected layers of one width with batch normalisation, as PyTorch's exporter writes them before
/// any training: one tensor of ones, one of zeros, everything else an Identity of the two.
Graph exported() {
    Graph graph;
    graph.name = "untrained";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(4)}}}};
    for (const char* name : {"a", "b"})
        graph.initializers.emplace(name, Tensor::of<float>({4, 4}, std::vector<float>(16, 0.5F)));
    graph.initializers.emplace("n1.scale", filled(1));
    graph.initializers.emplace("n1.bias", filled(0));
    graph.nodes = {
        {"", "Identity", {"n1.bias"}, {"n1.mean"}, {}},
        {"", "Identity", {"n1.scale"}, {"n1.var"}, {}},
        {"", "Identity", {"n1.scale"}, {"n2.scale"}, {}},
        {"", "Identity", {"n1.bias"}, {"n2.bias"}, {}},
        {"", "Identity", {"n2.bias"}, {"n2.mean"}, {}},
        {"", "Identity", {"n1.var"}, {"n2.var"}, {}},
        {"", "Gemm", {"x", "a"}, {"y1"}, {{"transB", std::int64_t{1}}}},
        {"", "BatchNormalization", {"y1", "n1.scale", "n1.bias", "n1.mean", "n1.var"}, {"z1"}, {}},
        {"", "Gemm", {"z1", "b"}, {"y2"}, {{"transB", std::int64_t{1}}}},
        {"", "BatchNormalization", {"y2", "n2.scale", "n2.bias", "n2.mean", "n2.var"}, {"z2"}, {}}};
    graph.outputs = {{"z2", {DType::f32, {Dim("N"), Dim(4)}}}};
    verify(graph);
    return graph;
}

TEST(OwnCopies, EveryReaderBehindAnIdentityHasItsOwn) {
    Graph graph = exported();
    surgery::simplify_for_training(graph);
    EXPECT_EQ(graph.nodes.size(), 4U);
    EXPECT_EQ(parameters(graph), (Names{"a", "b", "n1.bias", "n1.scale", "n2.bias", "n2.scale"}));
    EXPECT_EQ(buffers(graph), (Names{"n1.mean", "n1.var", "n2.mean", "n2.var"}));
    EXPECT_EQ(graph.initializers.at("n2.var"), filled(1));
    EXPECT_EQ(graph.initializers.at("n2.mean"), filled(0));
}

TEST(OwnCopies, AStatisticIsSharedWithNothing) {
    Graph graph = exported();
    std::erase_if(graph.nodes, [](const Node& node) { return node.op == "Identity"; });
    for (Node& node : graph.nodes) {
        if (node.op == "BatchNormalization")
            node.inputs = {node.inputs[0], "n1.scale", "n1.bias", "n1.bias", "n1.scale"};
    }
    surgery::simplify_for_training(graph);
    EXPECT_EQ(parameters(graph), (Names{"a", "b", "n1.bias", "n1.scale"}));
    EXPECT_EQ(buffers(graph).size(), 4U);
}

TEST(OwnCopies, WeightsTiedOnPurposeStayTied) {
    Graph graph = exported();
    std::ranges::replace(graph.nodes[8].inputs, std::string("b"), std::string("a"));
    surgery::simplify_for_training(graph);
    EXPECT_EQ(prunable_weights(graph), std::vector<std::string>{"a"});
}

TEST(OwnCopies, RunningANetworkNeedsNone) {
    Graph graph = exported();
    surgery::simplify(graph, {"batch-norm"});
    EXPECT_EQ(graph.initializers.size(), 4U);
}

}  // namespace
}  // namespace espalier
