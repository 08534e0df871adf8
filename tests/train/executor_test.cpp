// What the executor computes once, what plainly, and what it refuses.
#include "train/executor/executor.h"

#include <gtest/gtest.h>

#include <set>

#include "graph/op.h"

namespace espalier::train {
namespace {

Node node(std::string op, std::vector<std::string> inputs, std::vector<std::string> outputs,
          std::map<std::string, Attribute> attributes = {}) {
    return {.name = outputs.front(),
            .op = std::move(op),
            .inputs = std::move(inputs),
            .outputs = std::move(outputs),
            .attributes = std::move(attributes)};
}

Tensor integers_of(std::vector<std::int64_t> values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

/// x [N, 4] times w [4], and what the nodes make of that "product"; output "y".
Graph behind_a_parameter(Dim batch, ValueType output, std::vector<Node> nodes, Weights constants = {}) {
    Graph graph{.name = "test",
                .inputs = {{"x", {DType::f32, {std::move(batch), Dim(4)}}}},
                .outputs = {{"y", std::move(output)}},
                .nodes = {node("Mul", {"x", "w"}, {"product"})},
                .initializers = std::move(constants),
                .metadata = {},
                .doc = {}};
    graph.nodes.insert(graph.nodes.end(), nodes.begin(), nodes.end());
    graph.initializers.emplace("w", Tensor::of<float>({4}, std::vector{1.0F, -2.0F, 3.0F, 0.5F}));
    return graph;
}

std::set<std::string> ops_run(Executor& executor, const at::Tensor& input) {
    std::set<std::string> seen;
    executor.forward(input, {}, [&](const Node& at, auto) { seen.insert(at.op); });
    return seen;
}

/// Rows and columns of the product swapped by its own shape.
Graph reshaped(Dim batch) {
    return behind_a_parameter(
        batch, {DType::f32, {Dim(), Dim()}},
        {node("Shape", {"product"}, {"shape"}), node("Gather", {"shape", "order"}, {"swapped"}),
         node("Reshape", {"product", "swapped"}, {"y"})},
        {{"order", integers_of({1, 0})}});
}

TEST(Executor, ComputesShapesOnceWhereTheGraphFixesThem) {
    Executor fixed(reshaped(Dim(3)), {});
    EXPECT_EQ(ops_run(fixed, at::ones({3, 4})), (std::set<std::string>{"Mul", "Reshape"}));
    EXPECT_THROW(fixed.forward(at::ones({2, 4})), InvalidArgument);
    Executor open(reshaped(Dim("N")), {});
    EXPECT_EQ(open.forward(at::ones({2, 4})).sizes(), at::IntArrayRef({4, 2}));
    EXPECT_EQ(open.forward(at::ones({5, 4})).sizes(), at::IntArrayRef({4, 5}));
}

TEST(Executor, ComputesConstantsOnceAndNotParameters) {
    const Graph graph = behind_a_parameter(
        Dim("N"), {DType::f32, {Dim("N"), Dim(4)}},
        {node("Cast", {"whole"}, {"real"}, {{"to", std::int64_t{1}}}), node("Neg", {"w"}, {"opposite"}),
         node("Mul", {"opposite", "real"}, {"factor"}), node("Add", {"product", "factor"}, {"y"})},
        {{"whole", integers_of({1, 2, 3, 4})}});
    Executor executor(graph, {});
    EXPECT_EQ(ops_run(executor, at::ones({1, 4})), (std::set<std::string>{"Mul", "Neg", "Add"}));
    const at::Tensor expected = at::tensor({0.0F, 2.0F, -6.0F, -1.5F});
    EXPECT_TRUE(at::equal(executor.forward(at::ones({1, 4}))[0], expected));
}

TEST(Executor, PassesTheGradientAroundWhatIsComputedPlainly) {
    const Graph graph = behind_a_parameter(Dim("N"), {DType::f32, {Dim("N"), Dim(4)}},
                                           {node("Greater", {"product", "bound"}, {"large"}),
                                            node("Where", {"large", "product", "bound"}, {"y"})},
                                           {{"bound", Tensor::of<float>({}, std::vector{0.75F})}});
    Executor executor(graph, {});
    executor.forward(at::ones({2, 4})).sum().backward();
    EXPECT_TRUE(at::equal(executor.parameters().at("w").grad(), at::tensor({2.0F, 0.0F, 2.0F, 0.0F})));
}

TEST(Executor, RefusesAGradientThroughWhatHasNone) {
    const Graph graph =
        behind_a_parameter(Dim("N"), {DType::f32, {Dim("N"), Dim(4)}}, {node("Hardmax", {"product"}, {"y"})});
    try {
        const Executor executor(graph, {});
        FAIL() << "not refused";
    } catch (const Unsupported& error) {
        EXPECT_STREQ(error.what(),
                     "node \"y\": operator \"Hardmax\" has no gradient, and parameters lie before it");
    }
}

TEST(Executor, DoesNotTrainHowAResizeComputes) {
    const ValueType type{DType::f32, {Dim("N"), Dim(8)}};
    const Graph graph = behind_a_parameter(Dim("N"), type, {node("Resize", {"product", "", "scales"}, {"y"})},
                                           {{"scales", Tensor::of<float>({2}, std::vector{1.0F, 2.0F})}});
    Executor executor(graph, {});
    EXPECT_EQ(executor.parameters().size(), 1U);
    EXPECT_EQ(executor.forward(at::ones({3, 4})).sizes(), at::IntArrayRef({3, 8}));
}

TEST(Executor, GivesAllOutputsForAllInputs) {
    const ValueType type{DType::f32, {Dim("N")}};
    const Graph graph{
        .name = "two",
        .inputs = {{"a", type}, {"b", type}},
        .outputs = {{"sum", type}, {"b", type}, {"none", {DType::f32, {Dim(2)}}}},
        .nodes = {node("Add", {"a", "b"}, {"sum"}), node("ConstantOfShape", {"size"}, {"none"})},
        .initializers = {{"size", integers_of({2})}},
        .metadata = {},
        .doc = {}};
    Executor executor(graph, {});
    const std::vector<at::Tensor> inputs{at::ones({3}), at::arange(3, at::kFloat)};
    const auto outputs = executor.run(inputs);
    ASSERT_EQ(outputs.size(), 3U);
    EXPECT_TRUE(at::equal(outputs[0], at::tensor({1.0F, 2.0F, 3.0F})));
    EXPECT_TRUE(at::equal(outputs[1], inputs[1]));
    EXPECT_TRUE(at::equal(outputs[2], at::zeros({2})));
    EXPECT_THROW(executor.run(std::span(inputs).first(1)), InvalidArgument);
    EXPECT_THROW(executor.forward(inputs[0]), InvalidArgument);
    EXPECT_TRUE(at::equal(executor.forward({{"b", inputs[1]}, {"a", inputs[0]}}), outputs[0]));
    EXPECT_THROW(executor.forward({{"c", inputs[1]}, {"a", inputs[0]}}), InvalidArgument);
}

TEST(Executor, ComputesHalfPrecisionInSingle) {
    const ValueType type{DType::f16, {Dim("N")}};
    const Graph graph{.name = "half",
                      .inputs = {{"x", type}},
                      .outputs = {{"y", type}},
                      .nodes = {node("Sigmoid", {"x"}, {"s"}), node("Mul", {"x", "s"}, {"y"})},
                      .initializers = {},
                      .metadata = {},
                      .doc = {}};
    Executor executor(graph, {});
    const at::Tensor x = at::linspace(-2, 2, 5, at::kFloat).to(at::kHalf);
    const at::Tensor s = at::sigmoid(x.to(at::kFloat)).to(at::kHalf).to(at::kFloat);
    EXPECT_TRUE(at::equal(executor.forward(x), (x.to(at::kFloat) * s).to(at::kHalf)));
}

/// What else the graph knows trains: the list can only shrink.
TEST(Operators, WithoutAGradientAreListed) {
    const std::set<std::string_view> listed = {
        "And",
        "ArgMax",
        "ArgMin",
        "Equal",
        "Greater",
        "GreaterOrEqual",
        "IsInf",
        "IsNaN",
        "Less",
        "LessOrEqual",
        "NonZero",
        "Not",
        "Or",
        "Shape",
        "Size",
        "Xor",  // integers and truth
        "ConstantOfShape",
        "Range",    // of constants
        "Hardmax",  // 0 wherever there is one
        "If",
        "Loop",
        "Scan",  // bodies are not executed
        "ConvInteger",
        "DequantizeLinear",
        "DynamicQuantizeLinear",
        "MatMulInteger",
        "QuantizeLinear",  // integers
        "GridSample",
        "NonMaxSuppression",
        "RoiAlign",  // of detectors
        "ArrayFeatureExtractor",
        "Imputer",
        "LabelEncoder",
        "LinearClassifier",
        "LinearRegressor",
        "Normalizer",
        "OneHotEncoder",
        "Scaler",
        "TreeEnsemble",
        "TreeEnsembleClassifier",
        "TreeEnsembleRegressor",
        "ZipMap",  // of ai.onnx.ml
    };
    std::set<std::string_view> without;
    for (const Operator* op : espalier::ops()) {
        if (ops().find(op->name) == nullptr) without.insert(op->name);
    }
    EXPECT_EQ(without, listed);
}

TEST(Operators, OfTheTrainerAreOfTheGraph) {
    for (const TrainOp* op : ops()) EXPECT_NE(espalier::ops().find(op->name), nullptr) << op->name;
}

}  // namespace
}  // namespace espalier::train
