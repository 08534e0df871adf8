// Which weights are found, how their layers read them, and what is no weight.
#include <gtest/gtest.h>

#include <cmath>

#include "espalier/graph.h"

namespace espalier {
namespace {

using Ints = std::vector<std::int64_t>;

Tensor numbers(const Shape& shape) {
    Tensor tensor(DType::f32, shape);
    std::uint32_t state = 1;
    for (float& value : tensor.f32()) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8) * 0x1p-24F - 0.5F;
    }
    return tensor;
}

/// x of `input` goes through `nodes` to y.
Graph graph_of(const Dims& input, std::map<std::string, Tensor> weights, std::vector<Node> nodes) {
    Graph graph;
    graph.name = "g";
    graph.inputs = {{"x", {DType::f32, input}}};
    for (auto& [name, tensor] : weights) graph.initializers.insert_or_assign(name, std::move(tensor));
    graph.nodes = std::move(nodes);
    const auto types = infer_types(graph);
    graph.outputs = {{"y", types.at("y")}};
    return graph;
}

TEST(PrunableForms, TransposedConvolutionHasInputsFirst) {
    const Graph graph = graph_of({2, 6, 5, 5}, {{"w", numbers({6, 2, 3, 3})}},
                                 {{"up", "ConvTranspose", {"x", "w"}, {"y"}, {{"group", std::int64_t{2}}}}});
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].output_axis, 1);
    EXPECT_EQ(found[0].form.groups, 2);
    EXPECT_EQ(found[0].macs_per_weight, 25) << "each weight meets every position of the input";
}

TEST(PrunableForms, RecurrentWeightsAreOneMatrixAGate) {
    const Graph graph =
        graph_of({7, 2, 3}, {{"W", numbers({2, 16, 3})}, {"R", numbers({2, 16, 4})}},
                 {{"lstm",
                   "LSTM",
                   {"x", "W", "R"},
                   {"y"},
                   {{"hidden_size", std::int64_t{4}}, {"direction", std::string("bidirectional")}}}});
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].name, "R");
    EXPECT_EQ(found[1].form.shape, (Shape{32, 4}));
    EXPECT_EQ(found[1].form.parts.size(), 8U);
    EXPECT_EQ(found[1].form.parts[4], "reverse i");
    EXPECT_EQ(found[1].macs_per_weight, 2) << "of one of the 7 examples that input 0 seems to have";
}

TEST(PrunableForms, OnTheLeftOfAProduct) {
    const Graph graph =
        graph_of({1, 6, 4}, {{"w", numbers({5, 6})}}, {{"mix", "MatMul", {"w", "x"}, {"y"}, {}}});
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].output_axis, 0);
    EXPECT_EQ(found[0].macs_per_weight, 4);
    EXPECT_EQ(found[0].stored_axis, 0U);
}

TEST(PrunableForms, BehindNodesThatMoveItUnderItsOwnName) {
    const Ints four = {4, 5, 1, 2};
    const Graph graph = graph_of({3, 8},
                                 {{"w", numbers({10, 8})},
                                  {"k", numbers({6, 5, 1})},
                                  {"ax", Tensor::of<std::int64_t>({1}, Ints{2})},
                                  {"image", Tensor::of<std::int64_t>({4}, Ints{3, 5, 1, 2})}},
                                 {{"turn", "Transpose", {"w"}, {"wt"}, {{"perm", Ints{1, 0}}}},
                                  {"same", "Identity", {"wt"}, {"wt2"}, {}},
                                  {"fc", "MatMul", {"x", "wt2"}, {"a"}, {}},
                                  {"open", "Unsqueeze", {"k", "ax"}, {"k4"}, {}},
                                  {"shape", "Reshape", {"a", "image"}, {"b"}, {}},
                                  {"conv", "Conv", {"b", "k4"}, {"y"}, {}}});
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].name, "w");
    EXPECT_EQ(found[0].output_axis, 0) << "as it is stored";
    EXPECT_TRUE(found[0].form.order.empty()) << "nothing has to move";
    EXPECT_EQ(found[0].stored_axis, 0U);
    EXPECT_EQ(found[1].name, "k");
    EXPECT_EQ(found[1].form.shape, (Shape{6, 5, 1, 1}));
}

TEST(PrunableForms, KernelsInAnotherOrderAreReadInTheirs) {
    const Graph graph = graph_of({1, 4, 6, 6}, {{"w", numbers({3, 3, 4, 8})}},
                                 {{"turn", "Transpose", {"w"}, {"k"}, {{"perm", Ints{3, 2, 0, 1}}}},
                                  {"conv", "Conv", {"x", "k"}, {"y"}, {}}});
    const auto found = prunable(graph);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].form.shape, (Shape{8, 4, 3, 3}));
    EXPECT_EQ(found[0].form.memory, (Shape{3, 3, 4, 8}));
    EXPECT_EQ(found[0].form.order, (std::vector<std::size_t>{3, 2, 0, 1}));
    EXPECT_EQ(found[0].stored_axis, 3U);
}

/// A table is pruned where it is asked for; one that is also the last layer counts as that layer, once.
TEST(PrunableForms, EmbeddingsByName) {
    Graph graph;
    graph.inputs = {{"ids", {DType::i64, {2, 5}}}};
    graph.initializers.emplace("E", numbers({20, 4}));
    graph.initializers.emplace("L", numbers({4, 7}));
    graph.nodes = {{"emb", "Gather", {"E", "ids"}, {"e"}, {}}, {"head", "MatMul", {"e", "L"}, {"y"}, {}}};
    graph.outputs = {{"y", {DType::f32, {2, 5, 7}}}};
    EXPECT_EQ(prunable_weights(graph), (std::vector<std::string>{"L"}));
    EXPECT_EQ(prunable_weights(graph, {"E*"}), (std::vector<std::string>{"E", "L"}));
    EXPECT_EQ(weights_by_name(graph), (std::vector<std::string>{"E"}));
    graph.nodes = {{"emb", "Gather", {"E", "ids"}, {"e"}, {}},
                   {"turn", "Transpose", {"E"}, {"Et"}, {{"perm", Ints{1, 0}}}},
                   {"head", "MatMul", {"e", "Et"}, {"y"}, {}}};
    graph.outputs[0].type.dims = {2, 5, 20};
    const auto tied = prunable(graph);
    ASSERT_EQ(tied.size(), 1U);
    EXPECT_EQ(tied[0].name, "E");
    EXPECT_EQ(tied[0].output_axis, 0);
}

std::string what(const Shape& shape, const std::vector<float>& values, std::int64_t group = 1) {
    const Graph graph = graph_of({1, shape[1] * group, 40, 40}, {{"w", Tensor::of<float>(shape, values)}},
                                 {{"conv", "Conv", {"x", "w"}, {"y"}, {{"group", group}}}});
    const auto found = untrained_weights(graph);
    EXPECT_EQ(prunable(graph).empty(), !found.empty());
    return found.empty() ? "" : found.at("w");
}

TEST(Untrained, NumbersThatNobodyLearned) {
    std::vector<float> steps(16);
    std::vector<float> powers(16);
    for (std::size_t i = 0; i < 16; ++i) steps[i] = static_cast<float>(i);
    for (std::size_t i = 0; i < 16; ++i) powers[i] = std::pow(10000.0F, -static_cast<float>(i) / 16);
    EXPECT_EQ(what({1, 16, 1, 1}, steps), "0, 1, ..., 15");
    EXPECT_EQ(what({1, 16, 1, 1}, powers), "1, 0.562341, ..., 0.000177828");
    EXPECT_EQ(what({1, 1, 3, 3}, std::vector<float>(9, 1.0F / 9)), "0.111111 everywhere");
    EXPECT_EQ(what({2, 1, 1, 3}, {1, 2, 1, 1, 2, 1}, 2), "the same filter for every channel");
    EXPECT_EQ(what({2, 1, 1, 3}, {1, 2, 1, 1, 2, 1.5F}, 2), "");
    EXPECT_EQ(what({3, 3, 1, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1}), "the unit matrix");
    EXPECT_EQ(what({3, 3, 1, 1}, std::vector<float>(9, 0)), "") << "all was cut";
    steps[7] += 0.01F;
    EXPECT_EQ(what({1, 16, 1, 1}, steps), "");
}

/// PE[p, 2 i] = sin(p / 10000^(2 i / d)), PE[p, 2 i + 1] the cosine; Vaswani et al. 2017.
TEST(Untrained, PositionsAsSinesAndCosines) {
    std::vector<float> table;
    for (int p = 0; p < 32; ++p) {
        for (int i = 0; i < 8; ++i) {
            const double angle = p / std::pow(10000.0, (i / 2) / 4.0);
            table.push_back(static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle)));
        }
    }
    EXPECT_EQ(what({32, 8, 1, 1}, table), "sines and cosines");
    table[100] += 0.05F;
    EXPECT_EQ(what({32, 8, 1, 1}, table), "");
    const Tensor any = numbers({54});
    EXPECT_EQ(what({6, 9, 1, 1}, {any.f32().begin(), any.f32().end()}), "");
}

}  // namespace
}  // namespace espalier
