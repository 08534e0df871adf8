// Removals from networks whose sizes are open: found at some sizes, left for all.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/runtime.h"
#include "experiment/trained.h"
#include "graph/builder.h"

namespace espalier {
namespace {

constexpr std::int64_t kWidth = 12, kHeads = 4, kHead = 3;

Tensor values(Shape shape, const std::string& name) {
    Tensor tensor(DType::f32, std::move(shape));
    Random random(5, name);
    for (float& value : tensor.f32()) value = random.uniform() - 0.5F;
    return tensor;
}

/// A network under construction, whose shapes are computed from those of values, as exporters write it.
class Open {
  public:
    Open() {
        for (const std::int64_t i : {0, 1}) number("i" + std::to_string(i), {i});
        number("heads", {kHeads});
        number("head", {kHead});
    }

    GraphBuilder builder{"network", 1};

    std::string op(const std::string& name, const std::string& op, std::vector<std::string> inputs,
                   std::map<std::string, Attribute> attributes = {}) {
        return builder.node({.name = name,
                             .op = op,
                             .inputs = std::move(inputs),
                             .outputs = {name},
                             .attributes = std::move(attributes)});
    }
    void number(const std::string& name, const std::vector<std::int64_t>& all) {
        builder.initializer(name, Tensor::of<std::int64_t>({std::ssize(all)}, all));
    }
    std::string product(const std::string& name, const std::string& x, std::int64_t in, std::int64_t out) {
        builder.initializer(name + ".weight", values({in, out}, name));
        return op(name, "MatMul", {x, name + ".weight"});
    }
    /// x [N, T, width] as [N, heads, T, head].
    std::string split(const std::string& x) {
        op(x + ".shape", "Shape", {x});
        op(x + ".n", "Gather", {x + ".shape", "i0"});
        op(x + ".t", "Gather", {x + ".shape", "i1"});
        op(x + ".target", "Concat", {x + ".n", x + ".t", "heads", "head"}, {{"axis", std::int64_t{0}}});
        op(x + ".parts", "Reshape", {x, x + ".target"});
        return builder.transpose(x + ".heads", x + ".parts", {0, 2, 1, 3});
    }
    Graph finish(const std::string& output) {
        builder.output(output);
        return std::move(builder).finish();
    }
};

/// Attention whose result takes the shape of the network's input: wrong as soon as a head goes. With a table
/// of so many places, if any.
Graph attention_with(std::int64_t places) {
    Open net;
    std::string x = net.builder.input("x", {Dim("N"), Dim("T"), kWidth});
    net.op("x.shape", "Shape", {x});
    if (places > 0) {
        net.builder.initializer("places", values({1, places, kWidth}, "places"));
        net.op("x.t", "Gather", {"x.shape", "i1"});
        x = net.builder.add("placed", x, net.op("here", "Slice", {"places", "i0", "x.t", "i1"}));
    }
    const std::string q = net.split(net.product("q", x, kWidth, kWidth));
    const std::string k = net.split(net.product("k", x, kWidth, kWidth));
    const std::string v = net.split(net.product("v", x, kWidth, kWidth));
    const std::string weights = net.builder.softmax(
        "weights", net.op("scores", "MatMul", {q, net.builder.transpose("k.turned", k, {0, 1, 3, 2})}));
    net.op("mixed", "MatMul", {weights, v});
    net.builder.transpose("mixed.turned", "mixed", {0, 2, 1, 3});
    net.op("joined", "Reshape", {"mixed.turned", "x.shape"});
    return net.finish(net.builder.add("y", net.product("out", "joined", kWidth, kWidth), x));
}

Graph attention() { return attention_with(0); }

experiment::Cut half_at(const Shape& shape) {
    return {.scope = "layer-wise", .target = {.sparsity = 0.5}, .shapes = {{"x", shape}}};
}

bool is_open(const Graph& graph) {
    return std::ranges::none_of(graph.inputs[0].type.dims,
                                [](const Dim& dim) { return dim.is_fixed() && dim.size() != kWidth; });
}

TEST(RemoveOpen, HeadsGoForAllLengths) {
    Graph graph = attention();
    const auto removal = experiment::remove(graph, half_at({2, 6, kWidth}));
    EXPECT_TRUE(removal.notes.empty()) << removal.notes.front();
    EXPECT_EQ(removal.groups.front().units, kHeads);
    EXPECT_EQ(removal.groups.front().left, kHeads / 2);
    EXPECT_EQ(graph.initializers.at("q.weight").shape(), (Shape{kWidth, kWidth / 2}));
    EXPECT_TRUE(is_open(graph));
    runtime::Session network = runtime::compile(graph, {.threads = 1});
    for (const Shape& shape : {Shape{1, 5, kWidth}, Shape{3, 1, kWidth}, Shape{2, 11, kWidth}})
        EXPECT_EQ(network.run({{"x", values(shape, "x")}}).front().shape(), shape);
}

/// Removed at `shape`, and for inputs of another size, which nothing was proved at: both compute the same
/// there.
void expect_same_elsewhere(const std::function<Graph()>& network, const Shape& shape,
                           const Shape& elsewhere) {
    SCOPED_TRACE(to_string(shape));
    Graph open = network();
    Graph fixed = network();
    for (std::size_t i : {0U, 1U}) fixed.inputs[0].type.dims[i] = Dim(elsewhere[i]);
    fixed.outputs[0].type.dims = Dims(fixed.outputs[0].type.dims.size());
    const auto removal = experiment::remove(open, half_at(shape));
    EXPECT_TRUE(removal.notes.empty()) << removal.notes.front();
    EXPECT_TRUE(is_open(open));
    experiment::remove(fixed, half_at(elsewhere));
    const NamedTensors inputs = {{"x", values(elsewhere, "x")}};
    const auto run = [&](const Graph& graph) {
        return runtime::compile(graph, {.threads = 1}).run(inputs).front();
    };
    EXPECT_EQ(run(open), run(fixed));
}

TEST(RemoveOpen, ComputesTheSameAtSizesThatWereNotTried) {
    for (const Shape& shape : {Shape{1, 6, kWidth}, {4, 4, kWidth}, {1, 1, kWidth}, {2, 16, kWidth}}) {
        expect_same_elsewhere(attention, shape, {3, 5, kWidth});
        expect_same_elsewhere(attention, shape, {7, 1, kWidth});
    }
}

/// Places for 16, at all of which the removal is found: there are only fewer to try it at.
TEST(RemoveOpen, ABatchOfOneIsNoNumber) {
    expect_same_elsewhere([] { return attention_with(16); }, {1, 16, kWidth}, {2, 7, kWidth});
}

/// A table of places is sliced to the length that there is, and cut along its features.
TEST(RemoveOpen, TablesOfWhichAPartIsReadGetSmaller) {
    Open net;
    const std::string x = net.builder.input("x", {Dim("N"), Dim("T"), kWidth});
    net.product("inner", x, kWidth, 16);
    net.builder.initializer("places", values({1, 40, 16}, "places"));
    net.op("x.shape", "Shape", {x});
    net.op("x.t", "Gather", {"x.shape", "i1"});
    net.op("here", "Slice", {"places", "i0", "x.t", "i1"});
    net.builder.relu("sum", net.builder.add("placed", "inner", "here"));
    Graph graph = net.finish(net.product("y", "sum", 16, kWidth));
    const auto removal = experiment::remove(graph, half_at({2, 6, kWidth}));
    EXPECT_TRUE(removal.notes.empty()) << removal.notes.front();
    EXPECT_TRUE(is_open(graph));
    EXPECT_EQ(graph.initializers.at("places").shape(), (Shape{1, 40, 8}));
}

/// Two sizes change places while the third gets smaller: no constant says that for all sizes.
TEST(RemoveOpen, WhatCannotStayOpenIsLeftAtItsSizeAndSaid) {
    for (const Shape& shape : {Shape{2, 6, kWidth}, {4, 4, kWidth}, {1, 1, kWidth}}) {
        Open net;
        const std::string x = net.builder.input("x", {Dim("N"), Dim("T"), kWidth});
        net.builder.relu("r", net.product("inner", x, kWidth, 16));
        net.builder.transpose("turned", "r", {1, 0, 2});
        net.number("width", {16});
        net.op("x.shape", "Shape", {x});
        net.op("x.n", "Gather", {"x.shape", "i0"});
        net.op("x.t", "Gather", {"x.shape", "i1"});
        net.op("target", "Concat", {"x.n", "x.t", "width"}, {{"axis", std::int64_t{0}}});
        net.op("mixed", "Reshape", {"turned", "target"});
        Graph graph = net.finish(net.product("y", "mixed", 16, kWidth));
        const auto removal = experiment::remove(graph, half_at(shape));
        EXPECT_FALSE(is_open(graph));
        ASSERT_EQ(removal.notes.size(), 1U);
        const std::string expected = "the network is left for inputs of " + to_string(shape) + ": ";
        EXPECT_NE(removal.notes.front().find(expected), std::string::npos) << removal.notes.front();
    }
}

/// Sizes that only fit as they are given, or smaller: 40 places there are, 64 are too many.
TEST(RemoveOpen, HalfTheSizeServesWhereTwiceDoesNot) {
    Open net;
    const std::string x = net.builder.input("x", {Dim("N"), Dim("T"), kWidth});
    net.builder.initializer("places", values({1, 40, kWidth}, "places"));
    net.op("x.shape", "Shape", {x});
    net.op("x.t", "Gather", {"x.shape", "i1"});
    net.op("here", "Slice", {"places", "i0", "x.t", "i1"});
    net.builder.add("placed", x, "here");
    Graph graph = net.finish(
        net.product("y", net.builder.relu("r", net.product("inner", "placed", kWidth, 16)), 16, kWidth));
    const auto removal = experiment::remove(graph, half_at({2, 32, kWidth}));
    EXPECT_TRUE(removal.notes.empty()) << removal.notes.front();
    EXPECT_TRUE(is_open(graph));
}

}  // namespace
}  // namespace espalier
