// The granularity is found from the zeros, for each one that can cut.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "espalier/prune.h"
#include "graph/builder.h"
#include "surgery/layers.h"
#include "surgery/not_prunable.h"
#include "surgery/structure.h"

namespace espalier {
namespace {

using surgery::Structure;
using surgery::structure_of;

/// 32x64x3x3 (or 96x64 without kernels), pruned by magnitude.
Structure found(const std::string& granularity, double sparsity, bool convolution) {
    const Shape shape = convolution ? Shape{32, 64, 3, 3} : Shape{96, 64};
    Tensor weight(DType::f32, shape);
    Random random(1, "structure");
    for (float& value : weight.f32()) value = static_cast<float>(random.uniform() - 0.5);
    prune::Candidate candidate;
    candidate.name = "w";
    candidate.shape = shape;
    candidate.weight = weight.f32();
    prune::Request request;
    request.weights = {candidate};
    request.granularity = granularity;
    request.criterion = "magnitude";
    request.scope = "layer-wise";
    request.target.sparsity = sparsity;
    prune::plan(request).masks.at("w").apply(weight.f32());
    return structure_of(candidate);
}

TEST(Structure, EveryGranularityIsFound) {
    for (const bool convolution : {false, true}) {
        SCOPED_TRACE(convolution);
        EXPECT_EQ(found("element", 0.5, convolution).granularity, "element");
        EXPECT_EQ(found("element", 0.99, convolution).granularity, "element");
        EXPECT_EQ(found("filter", 0.5, convolution).granularity, "filter");
        EXPECT_EQ(found("channel", 0.5, convolution), (Structure{"channel", 64, 32}));
        for (const char* granularity :
             {"block 4x4", "block 8x4", "block 8x8", "block 32x2", "block 32x4", "vector 4x1", "vector 8x1",
              "vector 16x1", "vector 32x1", "vector 1x4", "vector 1x8"})
            EXPECT_EQ(found(granularity, 0.75, convolution).granularity, granularity);
        EXPECT_EQ(found("2:4", 0.5, convolution).granularity, "2:4");
        EXPECT_EQ(found("1:4", 0.75, convolution).granularity, "1:4");
    }
    EXPECT_EQ(found("kernel", 0.5, true), (Structure{"kernel", 2048, 1024}));
}

TEST(Structure, DenseWeightsAndSingleZeros) {
    EXPECT_EQ(found("element", 0, true), Structure{});
    EXPECT_EQ(found("element", 0.0005, true), Structure{});  // 9 of 18,432
}

TEST(Layers, AreCounted) {
    GraphBuilder builder("small", 1);
    std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(2), Dim(3)});
    x = builder.relu("relu1", builder.linear("fc1", builder.flatten("flat", x), 6, 5));
    builder.output(builder.linear("fc2", x, 5, 4));
    Graph graph = std::move(builder).finish();
    graph.initializers.at("fc1.weight").f32()[0] = 0;
    const auto layers = surgery::layers(graph);
    ASSERT_EQ(layers.size(), 4U);
    EXPECT_EQ(layers[1].node, "fc1");
    EXPECT_EQ(layers[1].parameters, 35);
    EXPECT_EQ(layers[1].macs, 30);
    EXPECT_EQ(layers[1].nonzero_macs, 29);
    EXPECT_EQ(layers[1].weight, (Shape{5, 6}));
    EXPECT_EQ(layers[1].structure.granularity, "element");
    EXPECT_EQ(layers[2].macs, 0);
    EXPECT_EQ(to_string(layers[3].output), "Nx4");
}

/// In a body, in a recurrent layer, and where a size is open, "no products" would be as wrong as "one".
TEST(Layers, CountWhatTheyCan) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(7), Dim(4)}}},
                    {"p", {DType::f32, {Dim("N"), Dim("S"), Dim(4)}}}};
    graph.initializers.emplace("w", Tensor(DType::f32, {1, 12, 4}));
    graph.initializers.emplace("r", Tensor(DType::f32, {1, 12, 4}));
    graph.initializers.emplace("m", Tensor(DType::f32, {4, 5}));
    graph.nodes = {{"turn", "Transpose", {"x"}, {"t"}, {{"perm", std::vector<std::int64_t>{1, 0, 2}}}},
                   {"gru", "GRU", {"t", "w", "r"}, {"", "h"}, {{"hidden_size", std::int64_t{4}}}},
                   {"open", "MatMul", {"p", "m"}, {"y"}, {}}};
    graph.outputs = {{"h", {DType::f32, {1, Dim("N"), 4}}}, {"y", {DType::f32, {Dim("N"), Dim("S"), 5}}}};
    const auto layers = surgery::layers(graph);
    EXPECT_EQ(layers[1].macs, 7 * (12 * 4 + 12 * 4));
    EXPECT_TRUE(std::isnan(layers[2].macs));
}

TEST(NotPrunable, SaysWhatIsLeftAlone) {
    Graph graph;
    graph.inputs = {{"ids", {DType::i64, {Dim("N"), 6}}}};
    graph.initializers.emplace("table", Tensor(DType::f32, {100, 8}));
    graph.initializers.emplace("m", Tensor(DType::f32, {8, 5}));
    graph.initializers.emplace("b", Tensor(DType::f32, {5}));
    graph.initializers.emplace("gain", Tensor(DType::f32, {5}));
    graph.initializers.emplace("shift", Tensor(DType::f32, {5}));
    graph.initializers.emplace("rows", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{-1, 30}));
    graph.nodes = {{"embed", "Gather", {"table", "ids"}, {"e"}, {}},
                   {"dense", "MatMul", {"e", "m"}, {"d"}, {}},
                   {"bias", "Add", {"d", "b"}, {"s"}, {}},
                   {"norm", "LayerNormalization", {"s", "gain", "shift"}, {"n"}, {}},
                   {"flat", "Reshape", {"n", "rows"}, {"y"}, {}}};
    graph.outputs = {{"y", {DType::f32, {Dim(), 30}}}};
    const auto found = surgery::not_prunable(graph, prunable_weights(graph));
    EXPECT_EQ(found, (std::vector<surgery::ParameterCount>{
                         {"embedding", 800}, {"normalisation", 10}, {"bias", 5}, {"constant", 2}}));
    EXPECT_EQ(surgery::weights_left(8, 40, found),
              "20.0 % of 40 prunable weights left; 817 parameters are not prunable: 800 embedding, 10 "
              "normalisation, 5 bias, 2 constant");
    EXPECT_EQ(surgery::weights_left(0, 0, {}), "no prunable weights");
}

/// For one of the two examples that the network takes at once.
TEST(Layers, CountWorkWithoutPrunableWeights) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {2, 3, 4, 5}}}};
    graph.initializers.emplace("w", Tensor(DType::f32, {3, 7, 2, 2}));
    graph.nodes = {{"up", "ConvTranspose", {"x", "w"}, {"u"}, {{"strides", std::vector<std::int64_t>{2, 2}}}},
                   {"turn", "Transpose", {"x"}, {"t"}, {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}}},
                   {"product", "MatMul", {"x", "t"}, {"y"}, {}}};
    graph.outputs = {{"u", {DType::f32, {2, 7, 8, 10}}}, {"y", {DType::f32, {2, 3, 4, 4}}}};
    const auto layers = surgery::layers(graph);
    EXPECT_EQ(layers[0].macs, 3 * 4 * 5 * 7 * 4);
    EXPECT_EQ(layers[1].macs, 0);
    EXPECT_EQ(layers[2].macs, 3 * 4 * 4 * 5);
}

TEST(Layers, RecurrentOnesMultiplyAtEveryStep) {
    const std::pair<const char*, std::int64_t> operators[] = {{"LSTM", 4}, {"GRU", 3}, {"RNN", 1}};
    for (const auto& [op, gates] : operators) {
        SCOPED_TRACE(op);
        Graph graph;
        graph.name = "recurrent";
        graph.inputs = {{"x", {DType::f32, {Dim(7), Dim(1), Dim(5)}}}};
        graph.initializers.emplace("w", Tensor(DType::f32, {1, gates * 6, 5}));
        graph.initializers.emplace("r", Tensor(DType::f32, {1, gates * 6, 6}));
        graph.nodes = {{"", op, {"x", "w", "r"}, {"y"}, {{"hidden_size", std::int64_t{6}}}}};
        graph.outputs = {{"y", {DType::f32, {Dim(7), Dim(1), Dim(1), Dim(6)}}}};
        // The first dimension counts for what a network takes at once.
        EXPECT_EQ(surgery::layers(graph)[0].macs * 7, static_cast<double>(7 * gates * 6 * (5 + 6)));
    }
}

}  // namespace
}  // namespace espalier
