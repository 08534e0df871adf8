// Synaptic flow of networks that are files: against chains by hand, and against the plain computation in
// double.
#include "calibrate/flow/synaptic_flow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/error.h"
#include "espalier/prune.h"
#include "graph/analysis/unbounded.h"
#include "graph/builder.h"
#include "graph/computed.h"
#include "graph/gradient/gradient.h"
#include "tensor/convert.h"

namespace espalier::calibrate {
namespace {

using ByWeight = std::map<std::string, std::vector<float>>;

std::set<std::string> weights_of(const Graph& graph) {
    const auto names = prunable_weights(graph);
    return {names.begin(), names.end()};
}

void scale_weights(Graph& graph, float factor) {
    for (const std::string& name : prunable_weights(graph)) {
        for (float& value : graph.initializers.at(name).f32()) value *= factor;
    }
}

/// dR/d|w| over R of a network with one input and output, by its definition.
ByWeight in_double(const Graph& graph) {
    Graph network = without_bounds(graph);
    const auto added = offsets(network);
    const auto learned = parameters(network);
    for (auto& [name, tensor] : network.initializers) {
        if (tensor.dtype() != DType::f32) continue;
        tensor = converted(tensor, DType::f64);
        if (!learned.contains(name)) continue;
        for (double& value : tensor.as<double>()) value = added.contains(name) ? 0 : std::abs(value);
    }
    const auto names = prunable_weights(graph);
    Shape shape;
    for (const Dim& dim : network.inputs[0].type.dims) shape.push_back(dim.is_fixed() ? dim.size() : 1);
    network.inputs[0].type = {DType::f64, to_dims(shape)};
    network.outputs[0].type.dtype = DType::f64;
    const std::string output = network.outputs[0].name;
    const Gradients gradients = with_gradients(std::move(network), names);
    NamedTensors inputs;
    for (const Value& input : gradients.graph.inputs) {
        Shape sizes;
        for (const Dim& dim : input.type.dims) sizes.push_back(dim.size());
        Tensor ones(DType::f64, sizes);
        std::ranges::fill(ones.as<double>(), 1.0);
        inputs.emplace(input.name, std::move(ones));
    }
    const NamedTensors values = computed(gradients.graph, std::move(inputs));
    double total = 0;
    for (const double value : values.at(output).as<double>()) total += value;
    ByWeight flow;
    for (const std::string& name : names) {
        for (const double slope : values.at(gradients.of.at(name)).as<double>())
            flow[name].push_back(static_cast<float>(slope / total));
    }
    return flow;
}

void expect_near(const ByWeight& got, const ByWeight& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (const auto& [name, values] : expected) {
        const float largest = *std::ranges::max_element(values);
        ASSERT_TRUE(largest > 0) << name;
        ASSERT_EQ(got.at(name).size(), values.size());
        for (std::size_t i = 0; i < values.size(); ++i)
            ASSERT_NEAR(got.at(name)[i] / largest, values[i] / largest, 2e-5) << name << " " << i;
    }
}

/// Layers of 6 of factor 3 or so each.
Graph chain(int depth) {
    GraphBuilder b("chain", 3);
    std::string x = b.input("x", {Dim("N"), 6});
    for (int i = 0; i < depth; ++i)
        x = b.relu("relu" + std::to_string(i), b.linear("fc" + std::to_string(i), x, 6, 6));
    b.output(x);
    return std::move(b).finish();
}

ByWeight by_chain(const Graph& graph) {
    std::vector<prune::Candidate> layers;
    for (const std::string& name : prunable_weights(graph)) {
        const Tensor& tensor = graph.initializers.at(name);
        layers.push_back({.name = name, .shape = tensor.shape(), .weight = tensor.f32()});
    }
    const auto flows = prune::chain_flow(layers, nullptr);
    ByWeight named;
    for (std::size_t i = 0; i < layers.size(); ++i) named[layers[i].name] = flows[i];
    return named;
}

TEST(SynapticFlow, OfAChainIsThatOfItsPasses) {
    const Graph graph = chain(4);
    expect_near(synaptic_flow(graph, weights_of(graph), 1), by_chain(graph));
}

TEST(SynapticFlow, OverflowsAtNoDepth) {
    for (const float factor : {100.0F, 0.001F}) {  // R is about 10^400 and 10^-500
        Graph graph = chain(150);
        scale_weights(graph, factor);
        expect_near(synaptic_flow(graph, weights_of(graph), 1), by_chain(graph));
    }
}

/// Convolutions with a normalisation, a sum of values of other scales, a gate and a function that is not
/// homogeneous.
Graph branched() {
    GraphBuilder b("branched", 5);
    const std::string x = b.input("x", {Dim("N"), 3, 6, 6});
    const std::string a =
        b.relu("a", b.batch_norm("norm", b.conv("first", x, 4, {.size = 3, .stride = 1, .pad = 1})));
    std::string y = b.conv("second", a, 4, {.size = 3, .stride = 1, .pad = 1});
    y = b.conv("third", y, 4, {.size = 1});
    y = b.add("sum", y, a);
    b.output(b.linear("last", b.flatten("flat", b.global_average_pool("pool", y)), 4, 3));
    Graph graph = std::move(b).finish();
    // sum -> HardSwish -> times Sigmoid of PRelu of a
    graph.initializers.emplace("slope", Tensor::of<float>({1, 1, 1}, {0.25F}));
    const auto pool = std::ranges::find(graph.nodes, "pool", &Node::name);
    const std::string sum = pool->inputs[0];
    pool->inputs[0] = "gated";
    const std::vector<Node> between = {{"swish", "HardSwish", {sum}, {"swished"}, {}},
                                       {"bent", "PRelu", {a, "slope"}, {"bent"}, {}},
                                       {"gate", "Sigmoid", {"bent"}, {"opened"}, {}},
                                       {"gated", "Mul", {"swished", "opened"}, {"gated"}, {}}};
    graph.nodes.insert(pool, between.begin(), between.end());
    return graph;
}

TEST(SynapticFlow, IsThatOfThePlainComputation) {
    for (const float factor : {0.01F, 1.0F, 30.0F, 1e12F, 1e30F}) {  // R is up to about 10^120
        Graph graph = branched();
        scale_weights(graph, factor);
        const ByWeight expected = in_double(graph);
        expect_near(synaptic_flow(graph, weights_of(graph), 1), expected);
    }
}

TEST(SynapticFlow, OfALayerAddsUpToOne) {
    const Graph graph = branched();
    const auto flow = synaptic_flow(graph, weights_of(graph), 1);
    const std::vector<float>& last = flow.at("last.weight");
    const auto weight = graph.initializers.at("last.weight").f32();
    double sum = 0;
    for (std::size_t i = 0; i < last.size(); ++i) sum += last[i] * std::abs(static_cast<double>(weight[i]));
    EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(SynapticFlow, EndsInFrontOfALastSoftmax) {
    Graph graph = branched();
    const auto expected = synaptic_flow(graph, weights_of(graph), 1);
    graph.nodes.push_back({"probabilities", "Softmax", {graph.outputs[0].name}, {"p"}, {}});
    graph.outputs[0].name = "p";
    EXPECT_EQ(synaptic_flow(graph, weights_of(graph), 1), expected);
    // As halves, in one row.
    graph.initializers.emplace("row", Tensor::of<std::int64_t>({1}, {3}));
    graph.nodes.push_back({"flat p", "Reshape", {"p", "row"}, {"flat p"}, {}});
    graph.nodes.push_back({"half", "Cast", {"flat p"}, {"half"}, {{"to", std::int64_t{10}}}});
    graph.outputs[0] = {"half", {DType::f16, {Dim(3)}}};
    EXPECT_EQ(synaptic_flow(graph, weights_of(graph), 1), expected);
    graph.nodes.push_back(
        {"best", "ArgMax", {"p"}, {"best"}, {{"keepdims", std::int64_t{0}}, {"axis", std::int64_t{1}}}});
    graph.outputs[0] = {"best", {DType::i64, {Dim("N")}}};
    EXPECT_ERROR(Unsupported, "synaptic flow: no output of the network holds real numbers",
                 synaptic_flow(graph, weights_of(graph), 1));
}

/// x + x W, again and again: no layer gives more than it takes, and R is 2^blocks.
TEST(SynapticFlow, OfGrowingSumsIsFinite) {
    for (const int blocks : {40, 200}) {
        GraphBuilder b("sums", 1);
        std::string x = b.input("x", {Dim("N"), 4});
        for (int i = 0; i < blocks; ++i)
            x = b.add("sum" + std::to_string(i), x, b.linear("fc" + std::to_string(i), x, 4, 4));
        b.output(x);
        Graph graph = std::move(b).finish();
        for (const std::string& name : prunable_weights(graph))
            std::ranges::fill(graph.initializers.at(name).f32(), 0.25F);
        const auto flow = synaptic_flow(graph, weights_of(graph), 1);
        // Each W has half of what passes its block.
        for (const float value : flow.at("fc7.weight")) EXPECT_NEAR(value * 0.25F * 16, 0.5, 1e-4);
    }
}

TEST(SynapticFlow, LeavesConstantsThatAreChosenAndTakesFactorsAsTheyAreLarge) {
    Graph graph;
    graph.name = "factors";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(2)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim("N"), Dim(2)}}}};
    graph.initializers.emplace("w", Tensor::of<float>({2, 2}, {1, 2, 3, 4}));
    graph.initializers.emplace("minus", Tensor::of<float>({}, {-3}));
    graph.initializers.emplace("other", Tensor::of<float>({1}, {-std::numeric_limits<float>::infinity()}));
    Tensor all(DType::boolean, {1});
    all.as<bool>()[0] = true;
    graph.initializers.emplace("all", all);
    graph.nodes = {{"a", "MatMul", {"x", "w"}, {"a"}, {}},
                   {"b", "Mul", {"a", "minus"}, {"b"}, {}},
                   {"c", "Relu", {"b"}, {"c"}, {}},
                   {"d", "Where", {"all", "c", "other"}, {"y"}, {}}};
    const std::vector<float> flow = synaptic_flow(graph, {"w"}, 1).at("w");  // R = 3 * 10
    for (const float value : flow) EXPECT_NEAR(value, 0.1, 1e-6);
}

TEST(SynapticFlow, GoesThroughEveryRoundOfALoop) {
    Graph body;
    body.inputs = {
        {"i", {DType::i64, {}}}, {"go", {DType::boolean, {}}}, {"h", {DType::f32, {Dim(1), Dim(2)}}}};
    body.nodes = {{"fc", "MatMul", {"h", "w"}, {"next"}, {}}};
    body.outputs = {{"go", {DType::boolean, {}}}, {"next", {DType::f32, {Dim(1), Dim(2)}}}};
    Graph graph;
    graph.name = "loop";
    graph.inputs = {{"x", {DType::f32, {Dim("N"), Dim(2)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim("N"), Dim(2)}}}};
    graph.initializers.emplace("w", Tensor::of<float>({2, 2}, {1, -2, 0, 3}));
    graph.initializers.emplace("two", Tensor::of<std::int64_t>({}, {2}));
    graph.nodes = {{"loop", "Loop", {"two", "", "x"}, {"y"}, {{"body", Subgraph(body)}}}};
    // R = 1' w w 1: 1' w = (1, 5), w 1 = (3, 3), R = 18
    const std::vector<float> flow = synaptic_flow(graph, {"w"}, 1).at("w");
    // dR/dw[i][j] = 1 * (w 1)[j] + (1' w)[i] * 1
    const std::vector<double> expected = {3 + 1, 3 + 1, 3 + 5, 3 + 5};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(flow[i], expected[i] / 18, 1e-6);
}

TEST(SynapticFlow, OfIntegersStartsWithOnes) {
    Graph graph;
    graph.name = "words";
    graph.inputs = {{"ids", {DType::i64, {Dim("N")}}}};
    graph.outputs = {{"y", {DType::f32, {Dim("N"), 2}}}};
    graph.initializers.emplace("table", Tensor::of<float>({2, 2}, {5, 5, -1, 3}));
    graph.initializers.emplace("w", Tensor::of<float>({2, 2}, {1, -2, 3, 4}));
    graph.nodes = {{"words", "Gather", {"table", "ids"}, {"x"}, {}}, {"fc", "MatMul", {"x", "w"}, {"y"}, {}}};
    const auto flow = synaptic_flow(graph, {"w"}, 1);  // x = (1, 3), R = 1 * 3 + 3 * 7
    const std::vector<float>& of = flow.at("w");
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(of[i], i < 2 ? 1.0 / 24 : 3.0 / 24, 1e-6);
}

TEST(SynapticFlow, RefusesWhatHasNone) {
    Graph graph = branched();
    Graph open = graph;
    open.inputs[0].type.dims[2] = Dim("H");
    EXPECT_ERROR(InvalidArgument, "synaptic flow is of one size: H of input \"x\"",
                 synaptic_flow(open, weights_of(graph), 1));
    Graph cut = graph;
    scale_weights(cut, 0);
    EXPECT_ERROR(BadData, "nothing reaches the outputs", synaptic_flow(cut, weights_of(graph), 1));
    const auto gate = std::ranges::find(graph.nodes, "gate", &Node::name);
    gate->op = "Exp";
    scale_weights(graph, 1e33F);
    EXPECT_ERROR(Unsupported, "node \"gate\": synaptic flow is about 2^",
                 synaptic_flow(graph, weights_of(graph), 1));
}

}  // namespace
}  // namespace espalier::calibrate
