// Passes leave what a network computes, and take out what they are for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/surgery.h"
#include "graph/builder.h"
#include "graph/evaluation.h"
#include "surgery/pass.h"

namespace espalier {
namespace {

Tensor random_tensor(const Shape& shape, const char* purpose) {
    Tensor tensor(DType::f32, shape);
    Random random(1, purpose);
    for (float& value : tensor.f32()) value = 0.1F + random.uniform();
    return tensor;
}

/// Output 0 of the graph, node by node.
Tensor run(const Graph& graph, const Tensor& input) {
    NamedTensors values = graph.initializers;
    values.insert_or_assign(graph.inputs[0].name, input);
    for (const Node& node : graph.nodes) {
        std::vector<const Tensor*> inputs;
        for (const std::string& name : node.inputs)
            inputs.push_back(name.empty() ? nullptr : &values.at(name));
        std::vector<Tensor> outputs = evaluate(node, inputs);
        for (std::size_t i = 0; i < node.outputs.size(); ++i)
            values.insert_or_assign(node.outputs[i], std::move(outputs[i]));
    }
    return values.at(graph.outputs[0].name);
}

/// x -> Identity -> Conv -> BatchNormalization -> Dropout -> Reshape by a shape of constants -> Identity ->
/// y, and a Relu that nobody reads.
Graph network() {
    Graph graph;
    graph.name = "passes";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(2), Dim(4), Dim(4)}}}};
    graph.initializers.emplace("w", random_tensor({3, 2, 3, 3}, "w"));
    for (const char* name : {"gamma", "beta", "mean", "variance"})
        graph.initializers.emplace(name, random_tensor({3}, name));
    graph.initializers.emplace("rows", Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{-1}));
    graph.initializers.emplace("cols", Tensor::of<std::int64_t>({1}, std::vector<std::int64_t>{12}));
    graph.initializers.emplace("unread", random_tensor({5}, "unread"));
    graph.nodes = {{"", "Identity", {"x"}, {"x1"}, {}},
                   {"conv", "Conv", {"x1", "w"}, {"c"}, {}},
                   {"", "BatchNormalization", {"c", "gamma", "beta", "mean", "variance"}, {"b"}, {}},
                   {"", "Dropout", {"b"}, {"d"}, {}},
                   {"", "Concat", {"rows", "cols"}, {"shape"}, {{"axis", std::int64_t{0}}}},
                   {"", "Reshape", {"d", "shape"}, {"r"}, {}},
                   {"", "Relu", {"b"}, {"nobody"}, {}},
                   {"", "Identity", {"r"}, {"y"}, {}}};
    graph.outputs = {{"y", {DType::f32, {Dim(), Dim(12)}}}};
    verify(graph);
    return graph;
}

std::vector<std::string> operators(const Graph& graph) {
    std::vector<std::string> ops;
    for (const Node& node : graph.nodes) ops.push_back(node.op);
    return ops;
}

using Ops = std::vector<std::string>;

TEST(Passes, LeaveWhatIsComputed) {
    const Tensor input = random_tensor({2, 2, 4, 4}, "x");
    const Graph before = network();
    const Tensor expected = run(before, input);
    const auto check = [&](const std::vector<std::string>& without) {
        Graph graph = before;
        surgery::simplify(graph, without);
        const Tensor got = run(graph, input);
        ASSERT_EQ(got.shape(), expected.shape());
        for (std::size_t i = 0; i < got.f32().size(); ++i)
            EXPECT_NEAR(got.f32()[i], expected.f32()[i], 1e-5 * std::abs(expected.f32()[i]));
        EXPECT_EQ(graph.outputs[0].name, "y");
    };
    check({});
    for (const surgery::Pass* off : surgery::passes()) {
        SCOPED_TRACE(off->name);
        check({std::string(off->name)});
    }
}

TEST(Passes, TakeOutWhatTheyAreFor) {
    Graph graph = network();
    const auto results = surgery::simplify(graph);
    ASSERT_EQ(results.size(), surgery::passes().size());
    EXPECT_EQ(results.front().name, "identity");
    EXPECT_EQ(results.front().changed, 2);
    for (const auto& result : results) EXPECT_GE(result.milliseconds, 0);
    // The Relu that nobody reads keeps the normalisation from going into the convolution; the next round has
    // none.
    surgery::simplify(graph);
    EXPECT_EQ(operators(graph), (Ops{"Conv", "Reshape"}));
    EXPECT_EQ(graph.initializers.size(), 3U);  // weight, its new bias, the shape
    EXPECT_FALSE(graph.initializers.contains("unread"));
    for (const auto& result : surgery::simplify(graph)) EXPECT_EQ(result.changed, 0) << result.name;
}

TEST(Passes, CanBeSwitchedOffByName) {
    Graph graph = network();
    surgery::simplify(graph, {"dropout", "identity", "batch-norm", "constants"});
    EXPECT_EQ(operators(graph),
              (Ops{"Identity", "Conv", "BatchNormalization", "Dropout", "Concat", "Reshape", "Identity"}));
    EXPECT_ERROR(InvalidArgument, "pass \"batchnorm\" is not known; did you mean \"batch-norm\"?",
                 surgery::simplify(graph, {"batchnorm"}));
}

TEST(Passes, ATrainingNoticesNothing) {
    Graph graph = network();
    const auto results = surgery::simplify_for_training(graph);
    EXPECT_EQ(results.size(), 2U);
    EXPECT_EQ(operators(graph), (Ops{"Conv", "BatchNormalization", "Dropout", "Concat", "Reshape"}));
    EXPECT_EQ(buffers(graph), (std::set<std::string>{"mean", "variance"}));
    EXPECT_EQ(parameters(graph), (std::set<std::string>{"w", "gamma", "beta"}));
}

TEST(Passes, ZerosOfAFoldedWeightStayAndASharedWeightIsCopied) {
    Graph graph = network();
    for (std::size_t i = 0; i < 20; ++i) graph.initializers.at("w").f32()[i] = 0;
    graph.nodes.push_back({"", "Conv", {"x", "w"}, {"z"}, {}});
    graph.outputs.push_back({"z", {DType::f32, {Dim("N"), Dim(3), Dim(2), Dim(2)}}});
    const Tensor weight = graph.initializers.at("w");
    surgery::simplify(graph);
    EXPECT_EQ(graph.initializers.at("w"), weight);
    const auto conv = std::ranges::find_if(graph.nodes, [](const Node& node) { return node.name == "conv"; });
    const Tensor& folded = graph.initializers.at(conv->inputs[1]);
    EXPECT_EQ(std::ranges::count(folded.f32(), 0.0F), 20);
    EXPECT_FALSE(folded == weight);
}

/// An input that is an output, and an output of a body, keep their names.
TEST(Passes, NamesThatAreNeededStay) {
    Graph graph;
    graph.name = "names";
    graph.inputs = {{"x", {DType::f32, {Dim(2)}}}};
    graph.nodes = {{"", "Identity", {"x"}, {"y"}, {}}};
    graph.outputs = {{"y", {DType::f32, {Dim(2)}}}};
    surgery::simplify(graph);
    EXPECT_EQ(operators(graph), Ops{"Identity"});

    Graph body;
    body.name = "body";
    body.nodes = {{"", "Relu", {"y"}, {"inside"}, {}}};
    body.outputs = {{"inside", {DType::f32, {Dim(2)}}}};
    graph.inputs.push_back({"c", {DType::boolean, {}}});
    graph.nodes.push_back(
        {"", "If", {"c"}, {"z"}, {{"then_branch", Subgraph(body)}, {"else_branch", Subgraph(body)}}});
    graph.outputs = {{"z", {DType::f32, {Dim(2)}}}};
    surgery::simplify(graph);
    EXPECT_EQ(operators(graph), (Ops{"Identity", "If"}));
}

/// Turn by turn each would allow a few times what the one before left.
TEST(Passes, ComputedConstantsStayInMeasureOfTheGraph) {
    Graph graph;
    graph.name = "doubling";
    graph.initializers.emplace("v0", Tensor(DType::f32, {1}));
    for (int i = 0; i < 30; ++i) {
        const std::string from = "v" + std::to_string(i);
        graph.nodes.push_back({.name = "",
                               .op = "Concat",
                               .inputs = {from, from},
                               .outputs = {"v" + std::to_string(i + 1)},
                               .attributes = {{"axis", std::int64_t{0}}}});
    }
    graph.outputs = {{"v30", {DType::f32, {Dim(std::int64_t{1} << 30)}}}};
    surgery::simplify(graph);
    std::int64_t elements = 0;
    for (const auto& constant : graph.initializers) elements += constant.second.count();
    EXPECT_LT(elements, std::int64_t{1} << 24);
}

}  // namespace
}  // namespace espalier
