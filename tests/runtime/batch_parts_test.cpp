// Batches that run example by example: where that is known to be right, and that it is.
#include "runtime/compile/batch_parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "espalier/error.h"
#include "graph/analysis/examples.h"
#include "graph/evaluation.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/reference_step_cases.h"
#include "runtime/compile/shape_specialization.h"

namespace espalier {
namespace {

using runtime::Network;
using runtime::Options;

std::vector<Shape> shapes_of(const Graph& graph) {
    std::vector<Shape> shapes;
    for (const Value& input : graph.inputs) {
        Shape& shape = shapes.emplace_back();
        for (const Dim& dim : input.type.dims) shape.push_back(dim.size());
    }
    return shapes;
}

KnownGraph known(const Graph& graph, const std::vector<Shape>& shapes) {
    Graph copy = graph;
    const std::set<std::string> none;
    runtime::Specialised special(copy, none);
    special.fold(&shapes);
    return {copy.nodes, special.types(), special.take_constants()};
}

/// What the nodes compute, plainly.
NamedTensors computed(const KnownGraph& graph, const Weights& weights, NamedTensors values) {
    for (const Node& node : graph.nodes) {
        std::vector<const Tensor*> operands;
        for (const std::string& input : node.inputs) {
            const auto find = [&](const auto& all) {
                const auto found = all.find(input);
                return found == all.end() ? nullptr : &found->second;
            };
            const Tensor* operand = find(values);
            if (operand == nullptr) operand = find(graph.computed);
            if (operand == nullptr) operand = find(weights);
            operands.push_back(operand);
        }
        std::vector<Tensor> results = evaluate(node, operands);
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (!node.outputs[i].empty()) values[node.outputs[i]] = std::move(results[i]);
        }
    }
    return values;
}

Tensor slice_of(const Tensor& tensor, std::int64_t index) {
    Shape shape = tensor.shape();
    shape.front() = 1;
    Tensor slice(tensor.dtype(), shape);
    const std::size_t bytes = slice.bytes().size();
    std::memcpy(slice.bytes().data(), tensor.bytes().data() + static_cast<std::size_t>(index) * bytes, bytes);
    return slice;
}

void expect_same(const Tensor& got, const Tensor& expected) {
    ASSERT_EQ(got.shape(), expected.shape());
    if (got.dtype() != DType::f32) {
        EXPECT_TRUE(std::ranges::equal(got.bytes(), expected.bytes()));
        return;
    }
    for (std::size_t i = 0; i < got.f32().size(); ++i) {
        const float x = got.f32()[i];
        const float y = expected.f32()[i];
        EXPECT_TRUE(x == y || std::abs(x - y) < 1e-5F * std::max(1.0F, std::abs(y)) ||
                    (std::isnan(x) && std::isnan(y)))
            << x << " and " << y << " at " << i;
    }
}

/// Whether these inputs are said to be told apart; then it must be true.
bool is_apart(const Graph& graph, const NamedTensors& inputs, const std::set<std::string>& by_example) {
    const std::vector<Shape> batch = shapes_of(graph);
    std::vector<Shape> one = batch;
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (by_example.contains(graph.inputs[i].name)) one[i].front() = 1;
    }
    KnownGraph of_one;
    try {
        of_one = known(graph, one);
    } catch (const Error&) {  // a Reshape to sizes of the batch
        return false;
    }
    const KnownGraph of_batch = known(graph, batch);
    if (!treats_examples_apart(of_batch, of_one, graph, by_example)) return false;
    const NamedTensors all = computed(of_batch, graph.initializers, inputs);
    const std::int64_t count = inputs.at(*by_example.begin()).shape().front();
    for (std::int64_t i = 0; i < count; ++i) {
        NamedTensors slices = inputs;
        for (const std::string& name : by_example) slices.at(name) = slice_of(inputs.at(name), i);
        const NamedTensors got = computed(of_one, graph.initializers, std::move(slices));
        for (const Value& output : graph.outputs)
            expect_same(got.at(output.name), slice_of(all.at(output.name), i));
    }
    return true;
}

/// Every set of inputs that may be a batch; how many of them are said to be told apart.
int count_apart(const Graph& graph, const NamedTensors& inputs) {
    int count = 0;
    const std::size_t sets = std::size_t{1} << std::min<std::size_t>(graph.inputs.size(), 6);
    for (std::size_t set = 1; set < sets; ++set) {
        std::set<std::string> by_example;
        std::set<std::int64_t> sizes;
        for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
            if ((set >> i & 1U) == 0) continue;
            const Shape& shape = inputs.at(graph.inputs[i].name).shape();
            sizes.insert(shape.empty() ? 0 : shape.front());
            by_example.insert(graph.inputs[i].name);
        }
        if (sizes.size() == 1 && *sizes.begin() > 1) count += is_apart(graph, inputs, by_example) ? 1 : 0;
    }
    return count;
}

TEST(Examples, WhatIsSaidToBeApartIs) {
    int count = 0;
    for (const auto& cases : {test::layer_cases(), test::image_cases(), test::operator_cases(),
                              test::fusion_cases(), test::block_cases()}) {
        for (const test::Case& test : cases) {
            SCOPED_TRACE(test.name);
            NamedTensors inputs;
            for (const auto& [name, shape] : test.inputs) inputs[name] = test::random_tensor(shape, name);
            count += count_apart(test::graph_of(test), inputs);
        }
    }
    EXPECT_GT(count, 100);
    count = 0;
    for (const test::EvaluatedCase& test : test::evaluated_cases()) {
        SCOPED_TRACE(test.name);
        count += count_apart(test::graph_of(test), test.inputs);
    }
    EXPECT_GT(count, 100);
}

/// One node on x [3, 4, 4].
bool keeps(const std::string& op, std::map<std::string, Attribute> attributes, Weights constants = {}) {
    const std::string input = op == "Gather" && constants.contains("table") ? "ids" : "x";
    Graph graph;
    NamedTensors inputs;
    if (input == "ids") {
        inputs["ids"] = Tensor::of<std::int64_t>({3, 2}, std::vector<std::int64_t>{0, 1, 3, 2, 1, 1});
    } else {
        inputs["x"] = test::random_tensor({3, 4, 4}, "x");
    }
    graph.inputs = {{input, {inputs.at(input).dtype(), to_dims(inputs.at(input).shape())}}};
    std::vector<std::string> operands = {"x"};
    if (input == "ids") operands = {"table", "ids"};
    for (const std::string name : {"a", "b", "c"}) {
        if (constants.contains(name)) operands.push_back(name);
    }
    graph.initializers = std::move(constants);
    graph.nodes = {test::node(op, operands, "y", std::move(attributes))};
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    return is_apart(graph, inputs, {input});
}

Tensor ints(std::vector<std::int64_t> values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

TEST(Examples, AreMixedAlongTheFirstAxisOnly) {
    using test::integer;
    using test::integers;
    EXPECT_TRUE(keeps("Softmax", {{"axis", integer(-1)}}));
    EXPECT_FALSE(keeps("Softmax", {{"axis", integer(0)}}));
    EXPECT_TRUE(keeps("Transpose", {{"perm", integers({0, 2, 1})}}));
    EXPECT_FALSE(keeps("Transpose", {{"perm", integers({1, 0, 2})}}));
    EXPECT_FALSE(keeps("Transpose", {}));
    EXPECT_TRUE(keeps("ReduceSum", {}, {{"a", ints({2})}}));
    EXPECT_FALSE(keeps("ReduceSum", {}, {{"a", ints({0})}}));
    EXPECT_FALSE(keeps("CumSum", {}, {{"a", Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{0})}}));
    EXPECT_TRUE(keeps("Slice", {}, {{"a", ints({1})}, {"b", ints({3})}, {"c", ints({1})}}));
    EXPECT_FALSE(keeps("Slice", {}, {{"a", ints({0})}, {"b", ints({3})}, {"c", ints({-3})}}));
    EXPECT_FALSE(keeps("Slice", {}, {{"a", ints({0})}, {"b", ints({3})}}));
    EXPECT_TRUE(keeps("Pad", {}, {{"a", ints({0, 1, 0, 0, 0, 2})}}));
    EXPECT_FALSE(keeps("Pad", {}, {{"a", ints({1, 0, 0, -1, 0, 0})}}));
    EXPECT_TRUE(keeps("Reshape", {}, {{"a", ints({0, 16})}}));
    EXPECT_TRUE(keeps("Reshape", {}, {{"a", ints({0, 2, 2, 4})}}));
    EXPECT_FALSE(keeps("Reshape", {}, {{"a", ints({-1, 4})}}));
    EXPECT_TRUE(keeps("Unsqueeze", {}, {{"a", ints({1})}}));
    EXPECT_FALSE(keeps("Unsqueeze", {}, {{"a", ints({0})}}));
    EXPECT_TRUE(keeps("Gather", {}, {{"table", test::random_tensor({4, 5}, "table")}}));
    EXPECT_FALSE(keeps("Gather", {{"axis", integer(1)}}, {{"table", test::random_tensor({4, 5}, "table")}}));
    EXPECT_TRUE(keeps("Gather", {{"axis", integer(1)}}, {{"a", ints({2, 0})}}));
    EXPECT_FALSE(keeps("Gather", {}, {{"a", ints({2, 0})}}));
    // What a file has of the batch's size belongs to the batch.
    EXPECT_TRUE(keeps("Add", {}, {{"a", test::random_tensor({1, 4, 4}, "a")}}));
    EXPECT_FALSE(keeps("Add", {}, {{"a", test::random_tensor({3, 4, 4}, "a")}}));
}

/// Nodes on x, of any shape; "n" is its first dimension, as the file computes it.
bool keeps_with_batch(const Shape& shape, std::vector<Node> nodes, Weights constants = {},
                      const std::vector<std::string>& outputs = {"y"}) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, to_dims(shape)}}};
    graph.initializers = std::move(constants);
    graph.initializers.emplace("first", ints({0}));
    graph.nodes = {test::node("Shape", {"x"}, "sizes"), test::node("Gather", {"sizes", "first"}, "n")};
    graph.nodes.insert(graph.nodes.end(), nodes.begin(), nodes.end());
    const auto types = infer_types(graph);
    for (const std::string& output : outputs) graph.outputs.push_back({output, types.at(output)});
    return is_apart(graph, {{"x", test::random_tensor(shape, "x")}}, {"x"});
}

TEST(Examples, WhatFollowsFromTheBatchIsOtherForOne) {
    using test::integer;
    using test::integers;
    using test::node;
    // As many columns, others: from the fourth on, where the second would be taken of one example.
    EXPECT_FALSE(keeps_with_batch(
        {4, 9}, {node("Add", {"n", "three"}, "end"), node("Slice", {"x", "n", "end", "one"}, "y")},
        {{"three", ints({3})}, {"one", ints({1})}}));
    EXPECT_FALSE(keeps_with_batch({4, 9}, {node("Gather", {"x", "n"}, "y", {{"axis", integer(1)}})}));
    EXPECT_FALSE(
        keeps_with_batch({4, 9},
                         {node("Sub", {"six", "n"}, "behind"),
                          node("Concat", {"first", "n", "first", "behind"}, "pads", {{"axis", integer(0)}}),
                          node("Pad", {"x", "pads"}, "y")},
                         {{"six", ints({6})}}));
    // Only as many as they are: the same for one.
    EXPECT_TRUE(keeps_with_batch({4, 9},
                                 {node("Concat", {"n", "three", "three"}, "shape", {{"axis", integer(0)}}),
                                  node("Reshape", {"x", "shape"}, "y")},
                                 {{"three", ints({3})}}));
    // An output whose first dimension is not the batch.
    EXPECT_FALSE(keeps_with_batch({4, 9},
                                  {node("Relu", {"x"}, "y"), node("Mul", {"n", "n"}, "square"),
                                   node("ConstantOfShape", {"square"}, "z")},
                                  {}, {"y", "z"}));
    Node dynamic = node("DynamicQuantizeLinear", {"x"}, "y");
    dynamic.outputs = {"y", "", ""};
    EXPECT_FALSE(keeps_with_batch({4, 9}, {dynamic}));
    // As many images, but not the same ones: 4 * 1.2 is 4.
    const Tensor scales = Tensor::of<float>({4}, std::vector{1.2F, 1.0F, 2.0F, 2.0F});
    EXPECT_FALSE(
        keeps_with_batch({4, 1, 2, 3}, {node("Resize", {"x", "", "scales"}, "y")}, {{"scales", scales}}));
}

/// A vision transformer in small: a token of its own before those of each image [N, 3, 4, 4], by sizes that
/// the file computes from the batch; then one layer of attention, and a convolution beside it.
Graph little_transformer() {
    using test::integer;
    using test::integers;
    using test::node;
    Graph graph;
    graph.name = "little transformer";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(3), Dim(4), Dim(4)}}}};
    graph.initializers = {{"w", test::random_tensor({6, 3, 2, 2}, "w")},
                          {"token", test::random_tensor({1, 1, 6}, "token")},
                          {"places", test::random_tensor({1, 5, 6}, "places")},
                          {"head", test::random_tensor({6, 4}, "head")},
                          {"0", ints({0})},
                          {"1,6", ints({1, 6})},
                          {"0,6,-1", ints({0, 6, -1})},
                          {"first", Tensor::of<std::int64_t>({}, std::vector<std::int64_t>{0})}};
    graph.nodes = {node("Conv", {"x", "w"}, "patches", {{"strides", integers({2, 2})}}),
                   node("Relu", {"patches"}, "relu"),
                   node("Reshape", {"relu", "0,6,-1"}, "flat"),
                   node("Transpose", {"flat"}, "tokens", {{"perm", integers({0, 2, 1})}}),
                   node("Shape", {"x"}, "sizes"),
                   node("Gather", {"sizes", "0"}, "batch"),
                   node("Concat", {"batch", "1,6"}, "wanted", {{"axis", integer(0)}}),
                   node("Expand", {"token", "wanted"}, "own"),
                   node("Concat", {"own", "tokens"}, "all", {{"axis", integer(1)}}),
                   node("Add", {"all", "places"}, "placed"),
                   node("Transpose", {"placed"}, "keys", {{"perm", integers({0, 2, 1})}}),
                   node("MatMul", {"placed", "keys"}, "scores"),
                   node("Softmax", {"scores"}, "shares", {{"axis", integer(-1)}}),
                   node("MatMul", {"shares", "placed"}, "seen"),
                   node("Gather", {"seen", "first"}, "one", {{"axis", integer(1)}}),
                   node("MatMul", {"one", "head"}, "y")};
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    return graph;
}

/// A network that knows which of the two is faster.
std::shared_ptr<Network> told(const Graph& graph, const Options& options, const std::vector<Shape>& shapes,
                              double parts_us) {
    auto network = runtime::make_network(graph, options);
    network->tuning->set_layer(runtime::signature_of("batch", *network, options, shapes),
                               {.us = {{"batch", 10.0}, {"parts", parts_us}}, .full = true});
    return network;
}

TEST(BatchParts, AreThePlanOfOneExampleWhereThatIsFaster) {
    const Graph graph = little_transformer();
    const Options options{.threads = 1};
    const std::vector<Shape> shapes = {{5, 3, 4, 4}};
    const auto network = told(graph, options, shapes, 5);
    runtime::Plan plan = make_batch_plan(*network, options, shapes);
    ASSERT_EQ(plan.parts, 5);
    EXPECT_EQ(plan.outputs.front().shape, (Shape{5, 4}));
    const NamedTensors inputs{{"x", test::random_tensor({5, 3, 4, 4}, "x")}};
    Tensor y(DType::f32, {5, 4});
    const std::vector<const std::byte*> from = {inputs.at("x").bytes().data()};
    const std::vector<std::byte*> to = {y.bytes().data()};
    runtime::Arena arena;
    plan.run(from, to, arena.at_least(plan.program.arena_bytes()),
             [](std::size_t, const auto& body) { body(); });
    expect_same(y, computed(known(graph, shapes), graph.initializers, inputs).at("y"));
}

TEST(BatchParts, AreNotTakenWhereTheyAreSlowerUnknownOrLeftOut) {
    const Graph graph = little_transformer();
    const std::vector<Shape> shapes = {{5, 3, 4, 4}};
    const auto parts = [&](const Options& options, double parts_us, std::vector<Shape> given) {
        const auto network = told(graph, options, shapes, parts_us);
        return make_batch_plan(*network, options, given).parts;
    };
    EXPECT_EQ(parts({.threads = 1}, 5, shapes), 5);
    EXPECT_EQ(parts({.threads = 1}, 20, shapes), 1);
    EXPECT_EQ(parts({.threads = 1}, 5, {{6, 3, 4, 4}}), 1);  // never timed
    EXPECT_EQ(parts({.threads = 1}, 5, {{1, 3, 4, 4}}), 1);
    EXPECT_EQ(parts({.threads = 1, .tuning = Options::Tuning::none}, 5, shapes), 1);
    EXPECT_EQ(parts({.threads = 1, .without = {"part-batches"}}, 5, shapes), 1);
    EXPECT_THROW(parts({.threads = 1}, 5, {{5, 3, 4, 5}}), InvalidArgument);
}

TEST(BatchParts, FilesThatCountOnTheirBatchRunAtOnce) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(6)}}}};
    graph.initializers = {{"w", test::random_tensor({3, 3}, "w")}, {"shape", ints({4, 2, 3})}};
    graph.nodes = {test::node("Reshape", {"x", "shape"}, "pairs"), test::node("MatMul", {"pairs", "w"}, "y")};
    graph.outputs = {{"y", {DType::f32, {Dim("N"), Dim(2), Dim(3)}}}};
    runtime::Session session = runtime::compile(graph, {.threads = 1, .tuning = Options::Tuning::full});
    const NamedTensors inputs{{"x", test::random_tensor({4, 6}, "x")}};
    expect_same(session.run(inputs).front(),
                computed(known(graph, {{4, 6}}), graph.initializers, inputs).at("y"));
    EXPECT_EQ(session.parts(), 1);
    EXPECT_THROW(session.run(NamedTensors{{"x", test::random_tensor({5, 6}, "x")}}), InvalidArgument);
}

/// Either of two weights of another rank, by a condition that is an input.
Attribute constant_body(const std::string& name, Tensor value) {
    Graph body;
    body.outputs = {{name, {value.dtype(), to_dims(value.shape())}}};
    body.initializers.emplace(name, std::move(value));
    return Subgraph(std::move(body));
}

TEST(BatchParts, ValuesOfUnknownRankRunAtOnce) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(3)}}}, {"c", {DType::boolean, {}}}};
    graph.nodes = {test::node("If", {"c"}, "w",
                              {{"then_branch", constant_body("a", test::random_tensor({3, 3}, "a"))},
                               {"else_branch", constant_body("b", test::random_tensor({1, 3, 3}, "b"))}}),
                   test::node("Relu", {"x"}, "relu"), test::node("MatMul", {"relu", "w"}, "y")};
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    runtime::Session session = runtime::compile(graph, {.threads = 1, .tuning = Options::Tuning::full});
    Tensor yes(DType::boolean, {});
    yes.as<bool>()[0] = true;
    const auto outputs = session.run(NamedTensors{{"x", test::random_tensor({4, 3}, "x")}, {"c", yes}});
    EXPECT_EQ(outputs.front().shape(), (Shape{4, 3}));
    EXPECT_EQ(session.parts(), 1);
}

TEST(BatchParts, ShapesThatDependOnDataRunAtOnce) {
    Graph graph;
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(6)}}}};
    graph.nodes = {test::node("Relu", {"x"}, "relu"), test::node("NonZero", {"relu"}, "y")};
    graph.outputs = {{"y", infer_types(graph).at("y")}};
    runtime::Session session = runtime::compile(graph, {.threads = 1, .tuning = Options::Tuning::full});
    const NamedTensors inputs{{"x", test::random_tensor({4, 6}, "x")}};
    EXPECT_EQ(session.run(inputs).front().shape().front(), 2);
    EXPECT_EQ(session.parts(), 1);
}

TEST(BatchParts, EitherGivesTheSameOutputs) {
    const Graph graph = little_transformer();
    runtime::Session session = runtime::compile(graph, {.threads = 1, .tuning = Options::Tuning::full});
    const NamedTensors inputs{{"x", test::random_tensor({8, 3, 4, 4}, "x")}};
    const KnownGraph plain = known(graph, {{8, 3, 4, 4}});
    expect_same(session.run(inputs).front(), computed(plain, graph.initializers, inputs).at("y"));
}

}  // namespace
}  // namespace espalier
