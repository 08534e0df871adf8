// Graphs that run in parts: bodies, and shapes that depend on data.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "base/expect_error.h"
#include "espalier/runtime.h"
#include "runtime/sections/stack.h"

namespace espalier {
namespace {

using runtime::Session;

Node node(const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs) {
    return {.name = outputs.front(),
            .op = op,
            .inputs = std::move(inputs),
            .outputs = std::move(outputs),
            .attributes = {}};
}

Tensor ints(const Shape& shape, const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>(shape, values);
}
Tensor floats(const Shape& shape, const std::vector<float>& values) {
    return Tensor::of<float>(shape, values);
}
Tensor boolean(bool value) {
    Tensor tensor(DType::boolean, {});
    tensor.bytes()[0] = std::byte{value};
    return tensor;
}

Value value(const std::string& name, DType dtype, Dims dims) { return {name, {dtype, std::move(dims)}}; }

/// s becomes s * w + x, at most n times and while s < limit; each s is stacked, too. w, x and the limit stand
/// around the body.
Graph loop_graph(bool counted) {
    Graph body;
    body.name = "body";
    body.inputs = {value("i", DType::i64, {}), value("go", DType::boolean, {}),
                   value("s", DType::f32, {Dim(2)})};
    body.nodes = {node("Mul", {"s", "w"}, {"scaled"}), node("Add", {"scaled", "x"}, {"next"}),
                  node("ReduceMax", {"next"}, {"largest"}), node("Less", {"largest", "limit"}, {"goes_on"})};
    body.nodes[2].attributes["keepdims"] = std::int64_t{0};
    body.outputs = {value("goes_on", DType::boolean, {}), value("next", DType::f32, {Dim(2)}),
                    value("scaled", DType::f32, {Dim(2)})};
    Graph graph;
    graph.name = "loop";
    graph.inputs = {value("n", DType::i64, {}), value("x", DType::f32, {Dim(2)})};
    graph.initializers = {{"w", floats({2}, {2, 3})}, {"limit", floats({}, {20})}};
    graph.nodes = {node("Relu", {"x"}, {"start"}),
                   node("Loop", {counted ? "n" : "", "", "start"}, {"y", "all"}),
                   node("Neg", {"all"}, {"z"})};
    graph.nodes[1].attributes.emplace("body", Subgraph(body));
    graph.outputs = {value("y", DType::f32, {Dim(2)}), value("z", DType::f32, {Dim(), Dim(2)})};
    return graph;
}

TEST(Sections, LoopRunsAsOftenAsItIsToldAndAsItsConditionHolds) {
    Session session = runtime::compile(loop_graph(true), {.threads = 1});
    // (1, 1): (3, 4), (7, 13), (15, 40), then it stops
    const std::vector<std::vector<float>> states = {{1, 1}, {3, 4}, {7, 13}, {15, 40}, {15, 40}};
    for (const std::int64_t n : {0, 1, 2, 3, 9}) {
        SCOPED_TRACE(n);
        const std::int64_t rounds = std::min<std::int64_t>(n, 3);
        const auto outputs = session.run({{"n", ints({}, {n})}, {"x", floats({2}, {1, 1})}});
        EXPECT_EQ(outputs[0], floats({2}, states[static_cast<std::size_t>(rounds)]));
        EXPECT_EQ(outputs[1].shape(), (Shape{rounds, 2}));
        if (rounds > 1) {
            EXPECT_EQ(outputs[1].f32()[2], -6);
        }
    }
}

/// Exporters declare the number of the round as a scalar or as a row of one.
TEST(Sections, LoopNumbersItsRoundsAsTheBodyDeclares) {
    for (const Dims& dims : {Dims{}, Dims{Dim(1)}}) {
        Graph body;
        body.name = "body";
        body.inputs = {value("i", DType::i64, dims), value("go", DType::boolean, dims)};
        body.nodes = {node("Add", {"i", "i"}, {"twice"}), node("Identity", {"go"}, {"goes_on"})};
        body.outputs = {value("goes_on", DType::boolean, dims), value("twice", DType::i64, dims)};
        Graph graph;
        graph.name = "numbers";
        graph.inputs = {value("n", DType::i64, {})};
        graph.nodes = {node("Loop", {"n", ""}, {"y"})};
        graph.nodes[0].attributes.emplace("body", Subgraph(body));
        Dims all = dims;
        all.insert(all.begin(), Dim());
        graph.outputs = {value("y", DType::i64, all)};
        Session session = runtime::compile(graph, {.threads = 1});
        const Shape shape = dims.empty() ? Shape{3} : Shape{3, 1};
        EXPECT_EQ(session.run({{"n", ints({}, {3})}})[0], ints(shape, {0, 2, 4}));
    }
}

TEST(Sections, LoopWithoutCountEndsByItsCondition) {
    Session session = runtime::compile(loop_graph(false), {.threads = 1});
    const auto outputs = session.run({{"n", ints({}, {0})}, {"x", floats({2}, {1, 1})}});
    EXPECT_EQ(outputs[0], floats({2}, {15, 40}));
    EXPECT_EQ(outputs[1], floats({3, 2}, {-2, -3, -6, -12, -14, -39}));
}

TEST(Sections, LoopThatDoesNotEndIsNamed) {
    Graph body;
    body.name = "body";
    body.inputs = {value("i", DType::i64, {}), value("go", DType::boolean, {}),
                   value("s", DType::i64, {Dim(1)})};
    body.nodes = {node("Identity", {"go"}, {"goes_on"}), node("Neg", {"s"}, {"t"})};
    body.outputs = {value("goes_on", DType::boolean, {}), value("t", DType::i64, {Dim(1)})};
    Graph graph;
    graph.name = "endless";
    graph.inputs = {value("x", DType::i64, {Dim(1)})};
    graph.nodes = {node("Loop", {"", "", "x"}, {"y"})};
    graph.nodes[0].attributes.emplace("body", Subgraph(body));
    graph.outputs = {value("y", DType::i64, {Dim(1)})};
    Session session = runtime::compile(graph, {.threads = 1});
    EXPECT_ERROR(InvalidModel, "node \"y\": more than 1048576 rounds", session.run({{"x", ints({1}, {0})}}));
}

Graph branch(const std::string& op, const std::string& input, const std::string& output, Dims dims) {
    Graph body;
    body.name = output;
    body.nodes = {node(op, {input}, {output})};
    body.outputs = {value(output, DType::f32, std::move(dims))};
    return body;
}

Graph if_graph() {
    Graph graph;
    graph.name = "if";
    graph.inputs = {value("c", DType::boolean, {}), value("x", DType::f32, {Dim("n"), Dim(2)})};
    graph.nodes = {node("Neg", {"x"}, {"a"}), node("If", {"c"}, {"b"}), node("Exp", {"b"}, {"y"})};
    graph.nodes[1].attributes.emplace("then_branch", Subgraph(branch("Relu", "a", "t", {Dim(), Dim(2)})));
    graph.nodes[1].attributes.emplace("else_branch", Subgraph(branch("Identity", "x", "e", {Dim(), Dim(2)})));
    graph.outputs = {value("y", DType::f32, {Dim(), Dim(2)})};
    return graph;
}

TEST(Sections, IfRunsOneOfTwoBodiesForAnyShape) {
    Session session = runtime::compile(if_graph(), {.threads = 1});
    for (const std::int64_t n : {1, 3}) {
        Tensor x(DType::f32, {n, 2});
        for (float& one : x.f32()) one = -1;
        EXPECT_FLOAT_EQ(session.run({{"c", boolean(true)}, {"x", x}})[0].f32()[0], std::exp(1.0F));
        EXPECT_FLOAT_EQ(session.run({{"c", boolean(false)}, {"x", x}})[0].f32()[1], std::exp(-1.0F));
    }
}

/// Squeeze where a dimension is one, else nothing: what follows is compiled for the rank that comes.
TEST(Sections, BranchesOfAnotherRank) {
    Graph graph = if_graph();
    graph.initializers = {{"axes", ints({1}, {0})}};
    Graph squeeze = branch("Squeeze", "a", "t", {Dim(2)});
    squeeze.nodes[0].inputs.emplace_back("axes");
    graph.nodes[1].attributes["then_branch"] = Subgraph(squeeze);
    graph.outputs = {{"y", {DType::f32, {}, false}}};
    Session session = runtime::compile(graph, {.threads = 1});
    const Tensor x = floats({1, 2}, {0, 1});
    EXPECT_EQ(session.run({{"c", boolean(true)}, {"x", x}})[0].shape(), (Shape{2}));
    EXPECT_EQ(session.run({{"c", boolean(false)}, {"x", x}})[0].shape(), (Shape{1, 2}));
    EXPECT_EQ(session.run({{"c", boolean(true)}, {"x", x}})[0].shape(), (Shape{2}));
}

TEST(Sections, ScanAlongAnyAxisInBothDirections) {
    Graph body;
    body.name = "body";
    body.inputs = {value("s", DType::f32, {Dim(2)}), value("e", DType::f32, {Dim(2)})};
    body.nodes = {node("Add", {"s", "e"}, {"t"}), node("Mul", {"t", "w"}, {"o"})};
    body.outputs = {value("t", DType::f32, {Dim(2)}), value("o", DType::f32, {Dim(2)})};
    Graph graph;
    graph.name = "scan";
    graph.inputs = {value("x", DType::f32, {Dim(2), Dim(3)})};
    graph.initializers = {{"s0", floats({2}, {0, 10})}, {"w", floats({2}, {1, 2})}};
    graph.nodes = {node("Scan", {"s0", "x"}, {"last", "all"})};
    graph.nodes[0].attributes.emplace("body", Subgraph(body));
    graph.nodes[0].attributes["num_scan_inputs"] = std::int64_t{1};
    graph.nodes[0].attributes["scan_input_axes"] = std::vector<std::int64_t>{1};
    graph.nodes[0].attributes["scan_output_axes"] = std::vector<std::int64_t>{-1};
    graph.outputs = {value("last", DType::f32, {Dim(2)}), value("all", DType::f32, {Dim(2), Dim(3)})};
    const NamedTensors inputs = {{"x", floats({2, 3}, {1, 2, 3, 4, 5, 6})}};
    auto outputs = runtime::compile(graph, {.threads = 1}).run(inputs);
    EXPECT_EQ(outputs[0], floats({2}, {6, 25}));
    EXPECT_EQ(outputs[1], floats({2, 3}, {1, 3, 6, 28, 38, 50}));
    graph.nodes[0].attributes["scan_input_directions"] = std::vector<std::int64_t>{1};
    outputs = runtime::compile(graph, {.threads = 1}).run(inputs);
    EXPECT_EQ(outputs[1], floats({2, 3}, {3, 5, 6, 32, 42, 50}));
    graph.nodes[0].attributes["scan_output_directions"] = std::vector<std::int64_t>{1};
    outputs = runtime::compile(graph, {.threads = 1}).run(inputs);
    EXPECT_EQ(outputs[1], floats({2, 3}, {6, 5, 3, 50, 42, 32}));
}

TEST(Sections, WhatABodyCannotRunIsRefusedWhenCompiled) {
    Graph graph = if_graph();
    Graph body = branch("Relu", "a", "t", {Dim(), Dim(2)});
    body.nodes[0].op = "SequenceEmpty";
    graph.nodes[1].attributes["then_branch"] = Subgraph(body);
    EXPECT_THROW(runtime::compile(graph, {.threads = 1}), Unsupported);
}

TEST(Sections, ThreadsShareThem) {
    Session session = runtime::compile(loop_graph(true), {.threads = 1});
    session.prepare({{"n", {}}, {"x", {2}}});
    std::vector<Session> sessions;
    for (int i = 0; i < 2; ++i) sessions.push_back(session.share());
    std::vector<Tensor> results(2, Tensor(DType::f32, {2}));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 2; ++i) {
        threads.emplace_back([&, i] {
            for (int run = 0; run < 20; ++run)
                results[i] = sessions[i].run({{"n", ints({}, {2})}, {"x", floats({2}, {1, 1})}})[0];
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Tensor& result : results) EXPECT_EQ(result, floats({2}, {7, 13}));
}

TEST(Sections, WhatComesBehindDataIsSplitAgain) {
    Graph graph;
    graph.name = "twice";
    graph.inputs = {value("x", DType::f32, {Dim("n")})};
    graph.nodes = {node("NonZero", {"x"}, {"places"}), node("Cast", {"places"}, {"p"}),
                   node("NonZero", {"p"}, {"again"}), node("Shape", {"again"}, {"y"})};
    graph.nodes[1].attributes["to"] = std::int64_t{1};
    graph.outputs = {value("y", DType::i64, {Dim(2)})};
    Session session = runtime::compile(graph, {.threads = 1});
    EXPECT_EQ(session.run({{"x", floats({4}, {1, 0, 1, 1})}})[0], ints({2}, {2, 2}));
    EXPECT_EQ(session.run({{"x", floats({3}, {0, 0, 0})}})[0], ints({2}, {2, 0}));
}

TEST(Stack, ShapesOfRoundsMustAgree) {
    runtime::Stack stack;
    stack.push(floats({2}, {1, 2}), "node \"n\"");
    EXPECT_ERROR(InvalidModel, "node \"n\": a round gives f32 3, those before f32 2",
                 stack.push(floats({3}, {1, 2, 3}), "node \"n\""));
}

}  // namespace
}  // namespace espalier
