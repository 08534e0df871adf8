// Bodies of If, Loop and Scan as nodes of the graph around them.
#include "graph/bodies/inlined.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "graph/computed.h"

namespace espalier {
namespace {

using Attributes = std::map<std::string, Attribute>;

Node node(const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs,
          Attributes attributes = {}) {
    return {.name = outputs.front(),
            .op = op,
            .inputs = std::move(inputs),
            .outputs = std::move(outputs),
            .attributes = std::move(attributes)};
}

Tensor floats(Shape shape, const std::vector<float>& values) {
    return Tensor::of<float>(std::move(shape), values);
}
Tensor number(std::int64_t value) { return Tensor::of<std::int64_t>({}, {value}); }
Tensor truth(bool value) {
    Tensor tensor(DType::boolean, {});
    tensor.as<bool>()[0] = value;
    return tensor;
}

Value value(const std::string& name, DType dtype, Dims dims = {}) { return {name, {dtype, std::move(dims)}}; }
Value pair(const std::string& name) { return value(name, DType::f32, {Dim(2)}); }

/// s becomes s * w + own, w standing around the body; each s * w is stacked.
Graph round_body() {
    Graph body;
    body.inputs = {value("i", DType::i64), value("go", DType::boolean), pair("s")};
    body.initializers.emplace("own", floats({2}, {1, -1}));
    body.nodes = {node("Mul", {"s", "w"}, {"scaled"}), node("Add", {"scaled", "own"}, {"next"})};
    body.outputs = {value("go", DType::boolean), pair("next"), pair("scaled")};
    return body;
}

Graph loop(const Graph& body, const std::string& most, const std::string& condition) {
    Graph graph;
    graph.name = "loop";
    graph.inputs = {pair("x")};
    graph.initializers.emplace("w", floats({2}, {2, 3}));
    graph.initializers.emplace("three", number(3));
    graph.nodes = {
        node("Loop", {most, condition, "x"}, {"y", "all"}, {{"body", Subgraph(body)}}),
        node("Neg", {"all"}, {"z"}),
    };
    graph.outputs = {pair("y"), value("z", DType::f32, {Dim(), Dim(2)})};
    return graph;
}

bool has_op(const Graph& graph, const std::string& op) {
    return std::ranges::any_of(graph.nodes, [&](const Node& one) { return one.op == op; });
}

NamedTensors run(const Graph& graph) { return computed(graph, {{"x", floats({2}, {1, 1})}}); }

TEST(Bodies, OfALoopStandOnceARound) {
    const Graph graph = loop(round_body(), "three", "");
    ASSERT_TRUE(has_bodies(graph));
    const Graph flat = with_bodies_inlined(graph);
    EXPECT_FALSE(has_bodies(flat));
    verify(flat);
    EXPECT_EQ(flat.outputs, graph.outputs);
    EXPECT_EQ(std::ranges::count(flat.nodes, "Mul", &Node::op), 3);
    // (1, 1): (2, 3) + (1, -1), (6, 6), (14, 15)
    const NamedTensors values = run(flat);
    EXPECT_EQ(values.at("y"), floats({2}, {15, 14}));
    EXPECT_EQ(values.at("z"), floats({3, 2}, {-2, -3, -6, -6, -14, -15}));
}

TEST(Bodies, EndWithTheirCondition) {
    Graph body = round_body();
    body.nodes.push_back(node("Less", {"i", "one"}, {"goes_on"}));
    body.outputs[0].name = "goes_on";
    Graph graph = loop(body, "", "");
    graph.initializers.emplace("one", number(1));
    const Graph flat = with_bodies_inlined(graph);
    EXPECT_FALSE(has_bodies(flat));
    EXPECT_EQ(run(flat).at("y"), floats({2}, {7, 5})) << "rounds 0 and 1";
}

TEST(Bodies, ThatDataDecideStay) {
    Graph body = round_body();
    body.nodes.push_back(node("ReduceMax", {"next"}, {"largest"}, {{"keepdims", std::int64_t{0}}}));
    body.nodes.push_back(node("Less", {"largest", "limit"}, {"goes_on"}));
    body.outputs[0].name = "goes_on";
    Graph graph = loop(body, "three", "");
    graph.initializers.emplace("limit", floats({}, {100}));
    EXPECT_EQ(with_bodies_inlined(graph).nodes, graph.nodes);

    graph = loop(round_body(), "n", "");
    graph.inputs.push_back(value("n", DType::i64));
    EXPECT_EQ(with_bodies_inlined(graph).nodes, graph.nodes);
    graph = loop(round_body(), "none", "");
    graph.initializers.emplace("none", number(0));
    EXPECT_EQ(with_bodies_inlined(graph).nodes, graph.nodes) << "what it stacks would have no shape";
    graph = loop(round_body(), "many", "");
    graph.initializers.emplace("many", number(1'000'000));
    EXPECT_EQ(with_bodies_inlined(graph).nodes, graph.nodes);
}

TEST(Bodies, WithoutNodesAreNotRepeatedForever) {
    Graph body = round_body();
    body.nodes.clear();
    body.outputs[1].name = body.outputs[2].name = "s";
    Graph graph = loop(body, "many", "");
    graph.initializers.emplace("many", number(std::int64_t{1} << 40));
    EXPECT_EQ(with_bodies_inlined(graph).nodes, graph.nodes);
    EXPECT_EQ(with_bodies_inlined(graph).initializers, graph.initializers) << "what was tried is gone";
}

TEST(Bodies, OfWhatIsLearnedDoNotFollowFromItsFirstValues) {
    Graph body = round_body();
    body.nodes.push_back(node("ReduceMax", {"w"}, {"largest"}, {{"keepdims", std::int64_t{0}}}));
    body.nodes.push_back(node("Less", {"largest", "limit"}, {"goes_on"}));
    body.outputs[0].name = "goes_on";
    Graph graph = loop(body, "three", "");
    graph.initializers.emplace("limit", floats({}, {100}));
    EXPECT_EQ(with_bodies_inlined(graph).nodes, graph.nodes);
}

TEST(Bodies, OfABranchThatIsKnown) {
    Graph yes, no;
    yes.nodes = {node("Mul", {"x", "w"}, {"inside"})};
    yes.outputs = {pair("inside")};
    no.nodes = {node("Neg", {"x"}, {"inside"})};
    no.outputs = {pair("inside")};
    Graph graph = loop(round_body(), "three", "");
    graph.nodes = {
        node("If", {"which"}, {"y"}, {{"then_branch", Subgraph(yes)}, {"else_branch", Subgraph(no)}})};
    graph.outputs = {pair("y")};
    graph.initializers.emplace("which", truth(true));
    EXPECT_EQ(run(with_bodies_inlined(graph)).at("y"), floats({2}, {2, 3}));
    graph.initializers.at("which") = truth(false);
    EXPECT_EQ(run(with_bodies_inlined(graph)).at("y"), floats({2}, {-1, -1}));
}

/// A Scan over the columns of x, backwards: s becomes s * w + column, and its values stand in columns.
TEST(Bodies, OfAScanStandOnceAStep) {
    Graph body;
    body.inputs = {pair("s"), pair("column")};
    body.nodes = {node("Mul", {"s", "w"}, {"scaled"}), node("Add", {"scaled", "column"}, {"next"}),
                  node("Identity", {"next"}, {"shown"})};
    body.outputs = {pair("next"), pair("shown")};
    Graph graph;
    graph.name = "scan";
    graph.inputs = {value("x", DType::f32, {Dim(2), Dim(3)})};
    graph.initializers = {{"w", floats({2}, {2, 3})}, {"zero", floats({2}, {0, 0})}};
    graph.nodes = {node("Scan", {"zero", "x"}, {"last", "all"},
                        {{"body", Subgraph(body)},
                         {"num_scan_inputs", std::int64_t{1}},
                         {"scan_input_axes", std::vector<std::int64_t>{1}},
                         {"scan_input_directions", std::vector<std::int64_t>{1}},
                         {"scan_output_axes", std::vector<std::int64_t>{1}},
                         {"scan_output_directions", std::vector<std::int64_t>{1}}})};
    graph.outputs = {pair("last"), value("all", DType::f32, {Dim(2), Dim(3)})};
    const Graph flat = with_bodies_inlined(graph);
    EXPECT_FALSE(has_bodies(flat));
    const NamedTensors values = computed(flat, {{"x", floats({2, 3}, {1, 2, 3, 1, 1, 1})}});
    EXPECT_EQ(values.at("last"), floats({2}, {17, 13}));  // 3, 3 * 2 + 2, 8 * 2 + 1; 1, 4, 13
    EXPECT_EQ(values.at("all"), floats({2, 3}, {17, 8, 3, 13, 4, 1}));
    graph.inputs[0].type.dims[1] = Dim("T");
    EXPECT_EQ(with_bodies_inlined(graph).nodes, graph.nodes);
}

/// The inner body reads the round of the outer one, under a name that both give to a value of their own.
TEST(Bodies, WithinBodiesSeeTheirRound) {
    Graph inner;
    inner.nodes = {node("Mul", {"s", "w"}, {"scaled"}), node("Add", {"scaled", "scaled"}, {"doubled"})};
    inner.outputs = {pair("doubled")};
    Graph other = inner;
    other.nodes = {node("Neg", {"s"}, {"doubled"})};
    Graph body = round_body();
    body.nodes = {node("Less", {"i", "one"}, {"is_first"}), node("Identity", {"s"}, {"scaled"}),
                  node("If", {"is_first"}, {"next"},
                       {{"then_branch", Subgraph(inner)}, {"else_branch", Subgraph(other)}})};
    Graph graph = loop(body, "three", "");
    graph.initializers.emplace("one", number(1));
    const Graph flat = with_bodies_inlined(graph);
    EXPECT_FALSE(has_bodies(flat));
    const NamedTensors values = run(flat);
    EXPECT_EQ(values.at("y"), floats({2}, {4, 6}));  // times 2 w, then -1 twice
    EXPECT_EQ(values.at("z"), floats({3, 2}, {-1, -1, -4, -6, 4, 6}));
    EXPECT_FALSE(has_op(flat, "If"));
}

}  // namespace
}  // namespace espalier
