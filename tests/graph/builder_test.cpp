#include "graph/builder.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/expect_error.h"

namespace espalier {
namespace {

Graph network(std::uint64_t seed) {
    GraphBuilder builder("lenet", seed);
    std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(28), Dim(28)});
    x = builder.flatten("flat", x);
    x = builder.relu("relu1", builder.linear("fc1", x, 784, 300));
    builder.output(builder.softmax("probabilities", builder.linear("fc2", x, 300, 10)));
    return std::move(builder).finish();
}

TEST(GraphBuilder, BuildsWhatItSays) {
    const Graph graph = network(1);
    EXPECT_EQ(graph.name, "lenet");
    ASSERT_EQ(graph.inputs.size(), 1U);
    EXPECT_EQ(to_string(graph.inputs[0].type.dims), "Nx1x28x28");
    ASSERT_EQ(graph.outputs.size(), 1U);
    EXPECT_EQ(graph.outputs[0].name, "probabilities");
    EXPECT_EQ(to_string(graph.outputs[0].type.dims), "Nx10");
    std::vector<std::string> ops;
    for (const Node& node : graph.nodes) ops.push_back(node.op);
    EXPECT_EQ(ops, (std::vector<std::string>{"Flatten", "Gemm", "Relu", "Gemm", "Softmax"}));
    EXPECT_EQ(prunable_weights(graph), (std::vector<std::string>{"fc1.weight", "fc2.weight"}));
    EXPECT_EQ(graph.initializers.at("fc1.weight").shape(), (Shape{300, 784}));
    EXPECT_EQ(graph.initializers.at("fc1.bias"), Tensor(DType::f32, {300}));
}

TEST(GraphBuilder, WeightsAreGaussianGlorot) {
    const Graph graph = network(1);
    const auto weights = graph.initializers.at("fc1.weight").f32();
    double sum = 0;
    double squares = 0;
    for (const double w : weights) {
        sum += w;
        squares += w * w;
    }
    const auto count = static_cast<double>(weights.size());
    const double variance = 2.0 / (784 + 300);
    EXPECT_NEAR(sum / count, 0, 4 * std::sqrt(variance / count));
    EXPECT_NEAR(squares / count, variance, 0.02 * variance);
}

TEST(GraphBuilder, WeightsDependOnTheSeedAndTheirNameOnly) {
    EXPECT_TRUE(network(1).initializers == network(1).initializers);
    EXPECT_FALSE(network(1).initializers.at("fc1.weight") == network(2).initializers.at("fc1.weight"));

    GraphBuilder builder("other", 1);  // fc2 alone draws the same numbers as behind fc1
    builder.output(builder.linear("fc2", builder.input("x", {Dim("N"), Dim(300)}), 300, 10));
    const Graph alone = std::move(builder).finish();
    EXPECT_EQ(alone.initializers.at("fc2.weight"), network(1).initializers.at("fc2.weight"));
}

TEST(GraphBuilder, MistakesAreErrors) {
    GraphBuilder builder("wrong", 1);
    const std::string x = builder.input("x", {Dim("N"), Dim(6)});
    EXPECT_ERROR(InvalidArgument, "output \"y\" is not defined by any node", builder.output("y"));
    EXPECT_ERROR(InvalidModel, "node \"fc\": inner dimension of Gemm", builder.linear("fc", x, 7, 2));
    GraphBuilder empty("empty", 1);
    EXPECT_ERROR(InvalidModel, "has no outputs", std::move(empty).finish());
}

}  // namespace
}  // namespace espalier
