// Networks of halves and of quantised values: the runtime's answer against the plain computation node by
// node.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "espalier/runtime.h"
#include "graph/precision/halves.h"
#include "graph/precision/quantised.h"
#include "graph/precision/rounding.h"
#include "runtime/quantised_graphs.h"
#include "tensor/convert.h"

namespace espalier {
namespace {

using namespace test;

/// x -> quantised -> Conv with weights of 8 bits, one scale an output -> Relu -> quantised -> Reshape as
/// integers -> real.
Graph quantised_convolution(std::uint8_t zero) {
    Graph graph;
    graph.name = "q";
    graph.inputs = {{"x", {DType::f32, {Dim(1), Dim(3), Dim(8), Dim(8)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim(1), Dim(144)}}}};
    graph.initializers.emplace("sx", one(0.01F));
    graph.initializers.emplace("zx", one<std::uint8_t>(128));
    graph.initializers.emplace("W", integers({4, 3, 3, 3}));
    graph.initializers.emplace("sw", Tensor::of<float>({4}, std::vector<float>{0.01F, 0.02F, 0.03F, 0.04F}));
    graph.initializers.emplace("zw", Tensor(DType::i8, {4}));
    graph.initializers.emplace("sy", one(0.05F));
    graph.initializers.emplace("zy", one<std::uint8_t>(zero));
    graph.initializers.emplace("shape", Tensor::of<std::int64_t>({2}, std::vector<std::int64_t>{1, 144}));
    graph.nodes = {node("QuantizeLinear", {"x", "sx", "zx"}, "xq"),
                   node("DequantizeLinear", {"xq", "sx", "zx"}, "xd"),
                   node("DequantizeLinear", {"W", "sw", "zw"}, "Wd", {{"axis", std::int64_t{0}}}),
                   node("Conv", {"xd", "Wd"}, "c"),
                   node("Relu", {"c"}, "r"),
                   node("QuantizeLinear", {"r", "sy", "zy"}, "q"),
                   node("Reshape", {"q", "shape"}, "flat"),
                   node("DequantizeLinear", {"flat", "sy", "zy"}, "y")};
    return graph;
}

TEST(Precision, QuantisedConvolutionIsWithinOneQuantum) {
    for (const std::uint8_t zero : {0, 10}) {
        const Graph graph = quantised_convolution(zero);
        const NamedTensors inputs = {{"x", numbers({1, 3, 8, 8}, 1)}};
        const Tensor expected = plainly(graph, inputs)[0];
        auto session = runtime::compile(graph, {.threads = 1});
        const Tensor got = session.run(inputs)[0];
        int other = 0;
        for (std::size_t i = 0; i < expected.f32().size(); ++i) {
            const float apart = std::abs(got.f32()[i] - expected.f32()[i]);
            EXPECT_LE(apart, 0.0501F) << i;
            other += apart > 1e-5F ? 1 : 0;
        }
        EXPECT_LE(other, 2);  // only where a value lies between two integers
    }
}

TEST(Precision, RoundingIsSpelledWithoutIntegers) {
    Graph graph = quantised_convolution(0);
    spell_rounding(graph);
    verify(graph);
    for (const Node& each : graph.nodes) {
        EXPECT_NE(each.op, "QuantizeLinear");
        EXPECT_NE(each.op, "Relu");  // the lower bound does what it did
    }
    Graph shifted = quantised_convolution(10);
    spell_rounding(shifted);
    EXPECT_TRUE(std::ranges::any_of(shifted.nodes, [](const Node& each) { return each.op == "Relu"; }));
}

TEST(Precision, IntegersThatSomebodyElseReadsStay) {
    Graph graph = quantised_convolution(0);
    graph.outputs.push_back({"q", {DType::u8, {Dim(1), Dim(4), Dim(6), Dim(6)}}});
    spell_rounding(graph);
    verify(graph);
    const NamedTensors inputs = {{"x", numbers({1, 3, 8, 8}, 1)}};
    auto session = runtime::compile(graph, {.threads = 1});
    EXPECT_EQ(session.run(inputs).size(), 2U);
}

/// What onnxruntime.quantization makes of a MatMul.
Graph dynamic_product() {
    Graph graph;
    graph.name = "d";
    graph.inputs = {{"x", {DType::f32, {Dim(5), Dim(32)}}}};
    graph.outputs = {{"y", {DType::f32, {Dim(5), Dim(16)}}}};
    graph.initializers.emplace("W", integers({32, 16}));
    graph.initializers.emplace("sw", one(0.02F));
    graph.initializers.emplace("zw", one<std::int8_t>(3));
    Node quantise = node("DynamicQuantizeLinear", {"x"}, "xq");
    quantise.outputs = {"xq", "sx", "zx"};
    graph.nodes = {quantise, node("MatMulInteger", {"xq", "W", "zx", "zw"}, "sum"),
                   node("Cast", {"sum"}, "real", {{"to", std::int64_t{1}}}),
                   node("Mul", {"sx", "sw"}, "scale"), node("Mul", {"real", "scale"}, "y")};
    return graph;
}

TEST(Precision, DynamicProductsAreThoseOfIntegers) {
    const Graph graph = dynamic_product();
    const NamedTensors inputs = {{"x", numbers({5, 32}, 2)}};
    const Tensor expected = plainly(graph, inputs)[0];
    auto session = runtime::compile(graph, {.threads = 1});
    const Tensor got = session.run(inputs)[0];
    for (std::size_t i = 0; i < expected.f32().size(); ++i)
        EXPECT_NEAR(got.f32()[i], expected.f32()[i], 1e-4 * std::abs(expected.f32()[i]) + 1e-4);
    for (const auto& layer : session.profile()) EXPECT_NE(layer.kernel, "reference") << layer.op;
}

TEST(Precision, WeightsOfIntegersAreFoundWithTheirZeroPoints) {
    const Graph graph = dynamic_product();
    const auto weights = quantised_weights(graph);
    ASSERT_EQ(weights.size(), 1U);
    EXPECT_EQ(weights[0].name, "W");
    const Tensor real = real_values(graph, weights[0]);
    const auto q = graph.initializers.at("W").as<std::int8_t>();
    EXPECT_FLOAT_EQ(real.f32()[7], static_cast<float>(q[7] - 3) * 0.02F);
    EXPECT_EQ(zero_points(graph, weights[0])[7], 3);
    Graph proxy = graph;
    dequantise_weights(proxy);
    verify(proxy);
    EXPECT_EQ(prunable_weights(proxy), std::vector<std::string>{"W"});
    EXPECT_EQ(proxy.nodes.size(), 1U);
}

Graph cast_graph(DType from, DType to, std::int64_t number) {
    Graph graph;
    graph.name = "c";
    graph.inputs = {{"x", {from, {Dim(1 << 16)}}}};
    graph.outputs = {{"y", {to, {Dim(1 << 16)}}}};
    graph.nodes = {node("Cast", {"x"}, "y", {{"to", number}})};
    return graph;
}

TEST(Precision, EveryHalfIsConvertedAsThePlainComputationDoes) {
    Tensor halves(DType::f16, {1 << 16});
    for (std::size_t i = 0; i < std::size_t{1} << 16; ++i) {
        halves.bytes()[2 * i] = std::byte(i & 0xffU);
        halves.bytes()[2 * i + 1] = std::byte(i >> 8U);
    }
    const Tensor wide = converted(halves, DType::f32);
    auto widen = runtime::compile(cast_graph(DType::f16, DType::f32, 1), {.threads = 1});
    const Tensor got = widen.run({{"x", halves}})[0];
    for (std::size_t i = 0; i < wide.f32().size(); ++i) {
        const bool none = std::isnan(wide.f32()[i]);
        ASSERT_TRUE(none ? std::isnan(got.f32()[i]) : got.f32()[i] == wide.f32()[i]) << i;
    }
    auto narrow = runtime::compile(cast_graph(DType::f32, DType::f16, 10), {.threads = 1});
    for (const float factor : {1.0F, 1.00048828125F, 0.999F}) {  // halves, and what lies between
        Tensor between = wide;
        for (float& value : between.f32()) value *= factor;
        const Tensor expected = converted(converted(between, DType::f16), DType::f32);
        const Tensor narrowed = converted(narrow.run({{"x", between}})[0], DType::f32);
        for (std::size_t i = 0; i < expected.f32().size(); ++i) {
            const bool none = std::isnan(expected.f32()[i]);
            ASSERT_TRUE(none ? std::isnan(narrowed.f32()[i]) : narrowed.f32()[i] == expected.f32()[i])
                << between.f32()[i];
        }
    }
}

TEST(Precision, ProductsOfIntegersWithABiasOfIntegers) {
    // What older versions of onnxruntime.quantization write: the bias is added before the scales.
    Graph graph = dynamic_product();
    graph.initializers.emplace("bias", Tensor::of<std::int32_t>({16}, std::vector<std::int32_t>(16, 1000)));
    graph.nodes[1].outputs[0] = "product";
    graph.nodes.insert(graph.nodes.begin() + 2, node("Add", {"product", "bias"}, "sum"));
    const NamedTensors inputs = {{"x", numbers({5, 32}, 2)}};
    const Tensor expected = plainly(graph, inputs)[0];
    auto session = runtime::compile(graph, {.threads = 1});
    const Tensor got = session.run(inputs)[0];
    for (std::size_t i = 0; i < expected.f32().size(); ++i)
        EXPECT_NEAR(got.f32()[i], expected.f32()[i], 1e-5 * std::abs(expected.f32()[i]) + 1e-5);
    for (const auto& layer : session.profile()) {
        if (layer.op != "MatMul" && layer.op != "Cast") continue;
        EXPECT_NE(layer.kernel, "reference") << layer.op;
    }
    EXPECT_EQ(quantised_weights(graph).size(), 1U);
}

TEST(Precision, HalvesRunAsF32AndKeepTheirInterface) {
    for (const DType half : {DType::f16, DType::bf16}) {
        Graph graph;
        graph.name = "h";
        graph.inputs = {{"x", {half, {Dim(2), Dim(8)}}}};
        graph.outputs = {{"y", {half, {Dim(2), Dim(4)}}}};
        graph.initializers.emplace("W", converted(numbers({8, 4}, 1), half));
        graph.initializers.emplace("V", converted(numbers({4, 4}, 1), DType::f32));
        const std::int64_t type = half == DType::f16 ? 10 : 16;
        graph.nodes = {node("MatMul", {"x", "W"}, "a"),
                       node("Cast", {"a"}, "wide", {{"to", std::int64_t{1}}}),
                       node("MatMul", {"wide", "V"}, "b"), node("Cast", {"b"}, "y", {{"to", type}})};
        const NamedTensors inputs = {{"x", converted(numbers({2, 8}, 1), half)}};
        const Tensor expected = converted(plainly(graph, inputs)[0], DType::f32);
        auto session = runtime::compile(graph, {.threads = 1});
        const Tensor got = session.run(inputs)[0];
        EXPECT_EQ(got.dtype(), half);
        const Tensor wide = converted(got, DType::f32);
        for (std::size_t i = 0; i < expected.f32().size(); ++i)
            EXPECT_NEAR(wide.f32()[i], expected.f32()[i], 2e-2) << i;
        Graph widened = graph;
        widen_halves(widened);
        verify(widened);
        EXPECT_EQ(prunable_weights(widened), (std::vector<std::string>{"W", "V"}));
    }
}

}  // namespace
}  // namespace espalier
