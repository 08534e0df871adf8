// A network that was permuted is found again, and moves nothing that its outputs would notice.
#include "surgery/permutation/matching.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "graph/builder.h"
#include "graph/evaluation.h"

namespace espalier::surgery {
namespace {

Graph two_layers(std::uint64_t seed) {
    GraphBuilder builder("mlp", seed);
    std::string x = builder.input("x", {Dim("N"), Dim(10)});
    x = builder.relu("r1", builder.linear("a", x, 10, 12));
    x = builder.relu("r2", builder.linear("b", x, 12, 9));
    builder.output(builder.linear("c", x, 9, 3));
    return std::move(builder).finish();
}

/// x -> stem -> (+ b(relu(a))) twice -> head: the stem and both sums share one kind of units, of which a and
/// b of a block have each other's sides.
Graph residual(std::uint64_t seed) {
    GraphBuilder builder("residual", seed);
    std::string x = builder.input("x", {Dim("N"), Dim(10)});
    x = builder.relu("r0", builder.linear("stem", x, 10, 8));
    for (const std::string block : {"1", "2"}) {
        const std::string inner = builder.relu("r" + block, builder.linear("a" + block, x, 8, 11));
        x = builder.add("sum" + block, x, builder.linear("b" + block, inner, 11, 8));
    }
    builder.output(builder.linear("head", x, 8, 3));
    return std::move(builder).finish();
}

/// In a random order of every kind, and then found again.
Weights shuffled(const Graph& graph, const Weights& weights) {
    Matching matching(graph);
    Random random(3, "shuffle");
    matching.match([&](const Matching::Kind& kind) {
        std::vector<double> worth(kind.units.size() * kind.units.size());
        for (double& one : worth) one = double{random.uniform()};
        return worth;
    });
    return matching.moved(weights);
}

Tensor outputs_of(const Graph& graph, const Weights& weights) {
    NamedTensors values = graph.initializers;
    for (const auto& [name, tensor] : weights) values.insert_or_assign(name, tensor);
    Tensor x(DType::f32, {4, 10});
    Random random(5, "x");
    for (float& value : x.f32()) value = random.normal();
    values.insert_or_assign(graph.inputs.front().name, x);
    for (const Node& node : graph.nodes) {
        std::vector<const Tensor*> inputs;
        for (const std::string& name : node.inputs) inputs.push_back(&values.at(name));
        values.insert_or_assign(node.outputs.front(), evaluate(node, inputs).front());
    }
    return values.at(graph.outputs.front().name);
}

class MatchingTest : public ::testing::TestWithParam<Graph (*)(std::uint64_t seed)> {};

TEST_P(MatchingTest, FindsWhatWasPermuted) {
    const Graph graph = GetParam()(1);
    const Weights& weights = graph.initializers;
    const Weights other = shuffled(graph, weights);
    EXPECT_NE(other, weights);
    Matching matching(graph);
    EXPECT_LT(matching.likeness(weights, other), 0.9);
    matching.match_weights(weights, other);
    EXPECT_EQ(matching.moved(other), weights);
    EXPECT_NEAR(matching.likeness(weights, other), 1, 1e-6);
}

TEST_P(MatchingTest, ComputesTheSameInAnyOrder) {
    const Graph graph = GetParam()(1);
    const Tensor before = outputs_of(graph, graph.initializers);
    const Tensor after = outputs_of(graph, shuffled(graph, graph.initializers));
    for (std::size_t i = 0; i < before.f32().size(); ++i)
        EXPECT_NEAR(after.f32()[i], before.f32()[i], 1e-5F * (1 + std::abs(before.f32()[i])));
}

TEST_P(MatchingTest, GainsOnTwoStrangers) {
    const Graph graph = GetParam()(1);
    const Weights other = GetParam()(2).initializers;
    Matching matching(graph);
    const double before = matching.likeness(graph.initializers, other);
    matching.match_weights(graph.initializers, other);
    EXPECT_GT(matching.likeness(graph.initializers, other), before + 0.05);
}

TEST_P(MatchingTest, MasksMoveAsTheirWeights) {
    const Graph graph = GetParam()(1);
    Weights other = shuffled(graph, graph.initializers);
    prune::MaskSet masks;
    for (const std::string& name : prunable_weights(graph)) {
        const Tensor& tensor = other.at(name);
        prune::Mask mask(tensor.shape(), false);
        for (std::int64_t i = 0; i < mask.count(); ++i)
            mask.set(i, std::abs(tensor.f32()[static_cast<std::size_t>(i)]) > 0.2F);
        masks.insert(name, std::move(mask));
    }
    Matching matching(graph);
    matching.match_weights(graph.initializers, other);
    const prune::MaskSet moved = matching.moved(masks);
    EXPECT_EQ(moved.kept(), masks.kept());
    for (const auto& [name, mask] : moved) {
        const auto values = graph.initializers.at(name).f32();
        for (std::int64_t i = 0; i < mask.count(); ++i)
            ASSERT_EQ(mask[i], std::abs(values[static_cast<std::size_t>(i)]) > 0.2F) << name << " " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Networks, MatchingTest, ::testing::Values(two_layers, residual),
                         [](const auto& info) { return info.index == 0 ? "Chain" : "Residual"; });

TEST(Matching, OfTwoUnitsTheBetterOrderByHand) {
    // Units of a: rows (2, 0.1) and (0.2, 3); of the other (0.1, 3) and (2, 0.3): crossed they are more
    // alike.
    const auto make = [](const std::vector<float>& rows, const std::vector<float>& columns) {
        GraphBuilder builder("two", 1);
        const std::string x = builder.input("x", {Dim("N"), Dim(2)});
        builder.output(builder.linear("b", builder.relu("r", builder.linear("a", x, 2, 2)), 2, 1));
        Graph graph = std::move(builder).finish();
        graph.initializers.at("a.weight") = Tensor::of<float>({2, 2}, rows);
        graph.initializers.at("b.weight") = Tensor::of<float>({1, 2}, columns);
        return graph;
    };
    const Graph to = make({2, 0.1F, 0.2F, 3}, {1, 0.7F});
    const Weights from = make({0.1F, 3, 2, 0.3F}, {0.6F, 1.1F}).initializers;
    Matching matching(to);
    matching.match_weights(to.initializers, from);
    ASSERT_EQ(matching.kinds().size(), 1U);
    EXPECT_EQ(matching.kinds()[0].places, (std::vector<std::int64_t>{1, 0}));
    const Weights moved = matching.moved(from);
    const auto values = [&](const char* name) {
        const auto span = moved.at(name).f32();
        return std::vector<float>(span.begin(), span.end());
    };
    EXPECT_EQ(values("a.weight"), (std::vector<float>{2, 0.3F, 0.1F, 3}));
    EXPECT_EQ(values("b.weight"), (std::vector<float>{1.1F, 0.6F}));
}

}  // namespace
}  // namespace espalier::surgery
