// Gradients as nodes against finite differences, in double: (f(x + h) - f(x - h)) / 2h for every element of
// every operand.
#include "graph/gradient/gradient.h"

#include <gtest/gtest.h>

#include <numeric>
#include <set>

#include "base/expect_error.h"
#include "base/random.h"
#include "graph/computed.h"
#include "graph/gradient/derivation.h"

namespace espalier {
namespace {

struct Case {
    std::string op;
    std::vector<Shape> real;  // the first inputs: of double, and by them the gradients
    std::vector<Tensor> others = {};
    Attributes attributes = {};
    std::size_t outputs = 1;
    double low = -2, high = 2;           // of the operands
    std::set<std::size_t> without = {};  // inputs of double that have no gradient
};

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

Tensor one(double value) { return Tensor::of<double>({}, {value}); }

Attribute number(std::int64_t value) { return value; }

using Ints = std::vector<std::int64_t>;

std::vector<Case> functions() {
    std::vector<Case> cases;
    for (const char* op :
         {"Neg",         "Identity",  "Relu", "LeakyRelu", "Elu",        "Selu",   "Sigmoid", "Tanh",
          "HardSigmoid", "HardSwish", "Erf",  "Exp",       "Abs",        "Sin",    "Cos",     "Softplus",
          "Softsign",    "Mish",      "Gelu", "Softmax",   "LogSoftmax", "Dropout"})
        cases.push_back({.op = op, .real = {{2, 5}}});
    cases.push_back({.op = "HardSwish", .real = {{3, 7}}, .low = -5, .high = 5});
    cases.push_back({.op = "HardSigmoid", .real = {{3, 7}}, .low = -5, .high = 5});
    cases.push_back({.op = "Gelu", .real = {{7}}, .attributes = {{"approximate", std::string("tanh")}}});
    cases.push_back({.op = "Softmax", .real = {{2, 3, 4}}, .attributes = {{"axis", number(1)}}});
    cases.push_back({.op = "LogSoftmax", .real = {{3, 4}}, .attributes = {{"axis", number(0)}}});
    for (const char* op : {"Log", "Sqrt", "Reciprocal"})
        cases.push_back({.op = op, .real = {{6}}, .low = 0.5});
    cases.push_back({.op = "Clip", .real = {{9}}, .others = {one(-1), one(0.5)}});
    cases.push_back({.op = "Pow", .real = {{2, 3}}, .others = {one(2)}});
    cases.push_back(
        {.op = "Pow", .real = {{2, 3}}, .others = {Tensor::of<double>({3}, {0.5, 3, -1})}, .low = 0.5});
    cases.push_back({.op = "PRelu", .real = {{2, 3}, {3}}});
    return cases;
}

std::vector<Case> of_several() {
    std::vector<Case> cases;
    for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"}) {
        cases.push_back({.op = op, .real = {{2, 3}, {2, 3}}, .low = 0.5});
        cases.push_back({.op = op, .real = {{2, 1, 3}, {4, 1}}, .low = 0.5});
    }
    cases.push_back({.op = "Sum", .real = {{2}, {2}, {1}}});
    cases.push_back({.op = "MatMul", .real = {{2, 3}, {3, 4}}});
    cases.push_back({.op = "MatMul", .real = {{2, 5, 2, 3}, {5, 3, 4}}});
    for (const std::int64_t a : {0, 1}) {
        for (const std::int64_t b : {0, 1}) {
            cases.push_back(
                {.op = "Gemm",
                 .real = {a != 0 ? Shape{3, 2} : Shape{2, 3}, b != 0 ? Shape{4, 3} : Shape{3, 4}, {4}},
                 .attributes = {
                     {"transA", number(a)}, {"transB", number(b)}, {"alpha", 0.5F}, {"beta", 2.0F}}});
        }
    }
    cases.push_back(
        {.op = "BatchNormalization", .real = {{2, 3, 4}, {3}, {3}, {3}, {3}}, .low = 0.5, .without = {3, 4}});
    cases.push_back({.op = "LayerNormalization", .real = {{2, 3, 4}, {4}, {4}}});
    cases.push_back(
        {.op = "LayerNormalization", .real = {{2, 3, 4}, {3, 4}}, .attributes = {{"axis", number(1)}}});
    cases.push_back(
        {.op = "LayerNormalization", .real = {{3, 4}, {3, 4}, {3, 4}}, .attributes = {{"axis", number(0)}}});
    cases.push_back({.op = "InstanceNormalization", .real = {{2, 3, 4}, {3}, {3}}});
    return cases;
}

std::vector<Case> moves() {
    std::vector<Case> cases;
    cases.push_back({.op = "Reshape", .real = {{2, 6}}, .others = {ints({3, -1})}});
    cases.push_back({.op = "Flatten", .real = {{2, 3, 2}}});
    cases.push_back({.op = "Squeeze", .real = {{2, 1, 3}}, .others = {ints({1})}});
    cases.push_back({.op = "Unsqueeze", .real = {{2, 3}}, .others = {ints({0})}});
    cases.push_back({.op = "Transpose", .real = {{2, 3, 4}}, .attributes = {{"perm", Ints{2, 0, 1}}}});
    cases.push_back({.op = "Transpose", .real = {{2, 3, 4}}});
    cases.push_back({.op = "Slice",
                     .real = {{5, 4}},
                     .others = {ints({4, 1}), ints({-6, 3}), ints({0, 1}), ints({-2, 1})}});
    cases.push_back({.op = "Split", .real = {{5, 2}}, .others = {ints({2, 3})}, .outputs = 2});
    cases.push_back({.op = "Concat", .real = {{2, 3}, {2, 1}}, .attributes = {{"axis", number(1)}}});
    cases.push_back({.op = "Pad", .real = {{2, 3}}, .others = {ints({0, 1, 1, 0}), one(7)}});
    cases.push_back({.op = "Pad",
                     .real = {{2, 4}},
                     .others = {ints({0, 2, 0, 1})},
                     .attributes = {{"mode", std::string("reflect")}}});
    cases.push_back({.op = "Gather", .real = {{4, 2}}, .others = {ints({3, 0, 3})}});
    cases.push_back({.op = "Expand", .real = {{2, 1}}, .others = {ints({3, 1, 4})}});
    cases.push_back({.op = "Tile", .real = {{2, 3}}, .others = {ints({1, 2})}});
    cases.push_back({.op = "DepthToSpace", .real = {{1, 4, 2, 1}}, .attributes = {{"blocksize", number(2)}}});
    cases.push_back({.op = "SpaceToDepth", .real = {{1, 1, 2, 4}}, .attributes = {{"blocksize", number(2)}}});
    cases.push_back({.op = "Resize",
                     .real = {{1, 2, 2, 3}},
                     .others = {Tensor(DType::f32, {0}), Tensor::of<float>({4}, {1, 1, 2, 2})},
                     .attributes = {{"mode", std::string("nearest")},
                                    {"coordinate_transformation_mode", std::string("asymmetric")},
                                    {"nearest_mode", std::string("floor")}}});
    return cases;
}

std::vector<Case> reductions_and_images() {
    std::vector<Case> cases;
    for (const char* op : {"ReduceMean", "ReduceMax", "ReduceMin"}) {
        cases.push_back(
            {.op = op, .real = {{2, 3, 4}}, .attributes = {{"axes", Ints{1}}, {"keepdims", number(0)}}});
        cases.push_back({.op = op, .real = {{2, 3, 4}}, .attributes = {{"axes", Ints{0, -1}}}});
        cases.push_back({.op = op, .real = {{2, 3}}, .attributes = {{"keepdims", number(0)}}});
    }
    cases.push_back({.op = "ReduceSum",
                     .real = {{2, 3, 4}},
                     .others = {ints({-2})},
                     .attributes = {{"keepdims", number(0)}}});
    cases.push_back({.op = "ReduceSum", .real = {{2, 3}}});
    cases.push_back({.op = "GlobalAveragePool", .real = {{2, 3, 4, 2}}});
    cases.push_back({.op = "GlobalMaxPool", .real = {{2, 3, 4, 2}}});
    const Attributes window = {
        {"kernel_shape", Ints{3, 2}}, {"strides", Ints{2, 2}}, {"pads", Ints{1, 0, 1, 1}}};
    Attributes ceil = window;
    ceil.emplace("ceil_mode", number(1));
    Attributes counting = window;
    counting.emplace("count_include_pad", number(1));
    for (const Attributes& attributes : {window, ceil, counting}) {
        if (attributes != counting)
            cases.push_back({.op = "MaxPool", .real = {{1, 2, 6, 5}}, .attributes = attributes});
        cases.push_back({.op = "AveragePool", .real = {{2, 2, 6, 5}}, .attributes = attributes});
    }
    const Attributes strided = {
        {"strides", Ints{2, 1}}, {"pads", Ints{1, 0, 0, 1}}, {"dilations", Ints{1, 2}}};
    Attributes grouped = strided;
    grouped.emplace("group", number(2));
    cases.push_back({.op = "Conv", .real = {{2, 3, 6, 5}, {4, 3, 3, 2}, {4}}, .attributes = strided});
    cases.push_back({.op = "Conv", .real = {{2, 4, 6, 5}, {6, 2, 3, 2}}, .attributes = grouped});
    cases.push_back({.op = "Conv",
                     .real = {{2, 3, 7}, {3, 1, 3}},
                     .attributes = {{"group", number(3)}, {"auto_pad", std::string("SAME_UPPER")}}});
    cases.push_back(
        {.op = "ConvTranspose", .real = {{2, 3, 4, 3}, {3, 2, 3, 2}, {2}}, .attributes = strided});
    Attributes padded = grouped;
    padded.emplace("output_padding", Ints{1, 0});
    cases.push_back({.op = "ConvTranspose", .real = {{1, 4, 3, 3}, {4, 1, 3, 2}}, .attributes = padded});
    return cases;
}

std::vector<Case> all_cases() {
    std::vector<Case> all = functions();
    for (const auto& more : {of_several(), moves(), reductions_and_images()})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

Tensor drawn(const Shape& shape, Random& random, double low, double high) {
    Tensor tensor(DType::f64, shape);
    for (double& value : tensor.as<double>()) value = low + (high - low) * random.uniform();
    return tensor;
}

Graph graph_of(const Case& of) {
    Graph graph;
    graph.name = "case";
    Node node{.name = "node", .op = of.op, .inputs = {}, .outputs = {}, .attributes = of.attributes};
    for (const Shape& shape : of.real) {
        node.inputs.push_back("x" + std::to_string(node.inputs.size()));
        graph.inputs.push_back({node.inputs.back(), {DType::f64, to_dims(shape)}});
    }
    for (const Tensor& other : of.others) {
        const bool is_left_out = other.count() == 0;
        node.inputs.push_back(is_left_out ? "" : "c" + std::to_string(node.inputs.size()));
        if (!is_left_out) graph.initializers.emplace(node.inputs.back(), other);
    }
    for (std::size_t i = 0; i < of.outputs; ++i) {
        node.outputs.push_back("y" + std::to_string(i));
        graph.outputs.push_back({node.outputs.back(), {}});
    }
    graph.nodes.push_back(std::move(node));
    const auto types = infer_types(graph);
    for (Value& output : graph.outputs) output.type = types.at(output.name);
    return graph;
}

double weighted_sum(const Gradients& gradients, const NamedTensors& values) {
    double sum = 0;
    for (const auto& [output, seed] : gradients.seeds) {
        const auto y = values.at(output).as<double>();
        const auto s = values.at(seed).as<double>();
        sum += std::inner_product(y.begin(), y.end(), s.begin(), 0.0);
    }
    return sum;
}

void expect_finite_differences(const Graph& graph, NamedTensors values, const std::vector<std::string>& by) {
    const Gradients gradients = with_gradients(graph, by);
    Random random(1, "seeds");
    for (const Value& output : graph.outputs) {
        const Shape shape = computed(graph, values).at(output.name).shape();
        values.emplace(gradients.seeds.at(output.name), drawn(shape, random, -1, 1));
    }
    const auto all = computed(gradients.graph, values);
    constexpr double kStep = 1e-5;
    for (const std::string& name : by) {
        const Tensor& got = all.at(gradients.of.at(name));
        ASSERT_EQ(got.shape(), values.at(name).shape()) << name;
        for (std::int64_t i = 0; i < got.count(); ++i) {
            double& x = values.at(name).as<double>()[static_cast<std::size_t>(i)];
            const double before = x;
            x = before + kStep;
            const double above = weighted_sum(gradients, computed(gradients.graph, values));
            x = before - kStep;
            const double below = weighted_sum(gradients, computed(gradients.graph, values));
            x = before;
            EXPECT_NEAR(got.as<double>()[static_cast<std::size_t>(i)], (above - below) / (2 * kStep), 1e-6)
                << name << " " << i;
        }
    }
}

TEST(Gradient, OfEveryOperatorIsThatOfFiniteDifferences) {
    std::set<std::string> covered = {"Where", "Cast"};  // below
    for (const Case& of : all_cases()) {
        SCOPED_TRACE(of.op);
        covered.insert(of.op);
        const Graph graph = graph_of(of);
        Random random(3, of.op);
        NamedTensors values;
        std::vector<std::string> by;
        for (std::size_t i = 0; i < of.real.size(); ++i) {
            values.emplace(graph.inputs[i].name, drawn(of.real[i], random, of.low, of.high));
            if (!of.without.contains(i)) by.push_back(graph.inputs[i].name);
        }
        expect_finite_differences(graph, values, by);
    }
    for (const GradientRule* rule : gradients())
        EXPECT_TRUE(covered.contains(std::string(rule->name))) << rule->name;
}

TEST(Gradient, GoesThroughValuesThatAreReadTwice) {
    Graph graph;
    graph.name = "twice";
    graph.inputs = {{"x", {DType::f64, {Dim(2), Dim(3)}}}, {"c", {DType::boolean, {Dim(3)}}}};
    graph.initializers.emplace("w", drawn({3, 3}, *std::make_unique<Random>(5, "w"), -1, 1));
    graph.nodes = {{"h", "MatMul", {"x", "w"}, {"h"}, {}},
                   {"t", "Tanh", {"h"}, {"t"}, {}},
                   {"g", "Where", {"c", "h", "t"}, {"g"}, {}},
                   {"y", "Add", {"g", "x"}, {"y"}, {}},
                   {"z", "Cast", {"y"}, {"z"}, {{"to", std::int64_t{11}}}}};
    graph.outputs = {{"z", {DType::f64, {Dim(2), Dim(3)}}}, {"h", {DType::f64, {Dim(2), Dim(3)}}}};
    Random random(7, "x");
    NamedTensors values;
    values.emplace("x", drawn({2, 3}, random, -1, 1));
    Tensor condition(DType::boolean, {3});
    condition.as<bool>()[1] = true;
    values.emplace("c", condition);
    expect_finite_differences(graph, values, {"x"});
}

TEST(Gradient, OfWhatNoOutputDependsOnIsZero) {
    Graph graph = graph_of({.op = "Relu", .real = {{2}}});
    graph.inputs.push_back({"other", {DType::f64, {Dim(3)}}});
    const Gradients gradients = with_gradients(graph, {"other"});
    EXPECT_EQ(gradients.graph.initializers.at(gradients.of.at("other")).shape(), Shape{3});
}

TEST(Gradient, WhatHasNoneIsRefusedByName) {
    Graph graph = graph_of({.op = "Round", .real = {{2}}});
    EXPECT_ERROR(Unsupported, "node \"node\": there is no gradient of Round", with_gradients(graph, {"x0"}));
    graph.nodes[0].op = "Relu";
    graph.nodes.push_back({"q", "QuantizeLinear", {"y0", "s", "z"}, {"q"}, {}});
    graph.initializers.emplace("s", Tensor::of<float>({}, {0.1F}));
    graph.initializers.emplace("z", Tensor::of<std::uint8_t>({}, {std::uint8_t{0}}));
    graph.inputs[0].type.dtype = DType::f32;
    graph.outputs[0].type.dtype = DType::f32;
    EXPECT_ERROR(Unsupported, "there is no gradient of QuantizeLinear", with_gradients(graph, {"x0"}));
    graph.nodes.pop_back();
    EXPECT_ERROR(InvalidArgument, "value \"x1\"", with_gradients(graph, {"x1"}));
    graph.inputs[0].type.dims = {Dim("N")};
    graph.nodes[0].op = "Relu";
    graph.outputs[0].type.dims = {Dim("N")};
    EXPECT_ERROR(Unsupported, "sizes that are known", with_gradients(graph, {"x0"}));
}

}  // namespace
}  // namespace espalier
