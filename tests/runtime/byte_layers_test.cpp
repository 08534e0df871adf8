// Layers that compute on 8-bit integers: against the plain computation node by node, which rounds the same
// values, so that only one that lies between two integers may go to the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "espalier/runtime.h"
#include "kernels/conv_i8_quads/conv_i8_quads.h"
#include "runtime/fusion/integer_layers.h"
#include "runtime/quantised_graphs.h"

namespace espalier {
namespace {

using namespace test;

/// A graph that grows node by node, its values named by their order.
class Quantised {
  public:
    explicit Quantised(Dims input) {
        graph.name = "q";
        graph.inputs = {{"x", {DType::f32, std::move(input)}}};
    }

    std::string constant(Tensor tensor) {
        std::string name = "c" + std::to_string(graph.initializers.size());
        graph.initializers.emplace(name, std::move(tensor));
        return name;
    }
    std::string add(std::string op, std::vector<std::string> inputs,
                    std::map<std::string, Attribute> attributes = {}) {
        std::string name = "v" + std::to_string(graph.nodes.size());
        graph.nodes.push_back(node(std::move(op), std::move(inputs), name, std::move(attributes)));
        return name;
    }
    /// QuantizeLinear and DequantizeLinear with one scale.
    std::string pair(const std::string& x, float scale, std::int32_t zero, bool is_signed = false) {
        const std::string s = constant(one(scale));
        const std::string z = is_signed ? constant(one(static_cast<std::int8_t>(zero)))
                                        : constant(one(static_cast<std::uint8_t>(zero)));
        return add("DequantizeLinear", {add("QuantizeLinear", {x, s, z}), s, z});
    }
    std::string weight(const Shape& shape, std::int64_t axis) {
        const Shape each = {shape[static_cast<std::size_t>(axis)]};
        Tensor scales = numbers(each, 0.002F);
        for (float& value : scales.f32()) value = 0.004F + std::abs(value);
        return add(
            "DequantizeLinear",
            {constant(integers(shape)), constant(std::move(scales)), constant(Tensor(DType::i8, each))},
            {{"axis", axis}});
    }
    Graph with_output(const std::string& name, Dims dims) {
        graph.outputs = {{name, {DType::f32, std::move(dims)}}};
        return graph;
    }

    Graph graph;
};

std::size_t layers_of(const runtime::Session& session, const std::string& op) {
    const auto& profile = session.profile();
    return static_cast<std::size_t>(std::ranges::count_if(
        profile, [&](const auto& layer) { return layer.op == op && layer.kernel != "fused"; }));
}

/// Differences are whole quanta, of few values.
void expect_as_defined(const Graph& graph, const Shape& input, float quantum,
                       const std::vector<std::string>& ops) {
    const NamedTensors inputs = {{"x", numbers(input, 1)}};
    const Tensor expected = plainly(graph, inputs)[0];
    for (const int threads : {1, 2}) {
        auto session =
            runtime::compile(graph, {.threads = threads, .tuning = runtime::Options::Tuning::none});
        const Tensor got = session.run(inputs)[0];
        ASSERT_EQ(got.shape(), expected.shape());
        std::size_t other = 0;
        for (std::size_t i = 0; i < expected.f32().size(); ++i) {
            const float apart = std::abs(got.f32()[i] - expected.f32()[i]);
            ASSERT_LE(apart, quantum * 1.001F) << i;
            other += apart > 1e-4F * quantum + 1e-5F ? 1 : 0;
        }
        EXPECT_LE(other, 1 + expected.f32().size() / 50);
        for (const std::string& op : ops) EXPECT_GE(layers_of(session, op), 1U) << op;
        for (const auto& layer : session.profile()) EXPECT_NE(layer.kernel, "reference") << layer.op;
    }
}

TEST(ByteLayers, ConvolutionsOfAllKinds) {
    struct Kind {
        std::int64_t channels, outputs, group, kernel;
        bool is_signed;
    };
    for (const Kind& kind :
         {Kind{3, 8, 1, 3, false}, {16, 20, 1, 1, true}, {24, 24, 24, 3, false}, {12, 8, 4, 3, false}}) {
        Quantised q({Dim(2), Dim(kind.channels), Dim(9), Dim(7)});
        const std::string x = q.pair("x", 0.01F, kind.is_signed ? -3 : 120, kind.is_signed);
        const std::string w =
            q.weight({kind.outputs, kind.channels / kind.group, kind.kernel, kind.kernel}, 0);
        const std::string c = q.add("Conv", {x, w, q.constant(numbers({kind.outputs}, 0.1F))},
                                    {{"group", kind.group},
                                     {"pads", std::vector<std::int64_t>(4, kind.kernel / 2)},
                                     {"strides", std::vector<std::int64_t>{2, 1}}});
        const std::string y = q.pair(q.add("Relu", {c}), 0.02F, kind.is_signed ? -100 : 3, kind.is_signed);
        expect_as_defined(q.with_output(y, {Dim(2), Dim(kind.outputs), Dim(5), Dim(7)}),
                          {2, kind.channels, 9, 7}, 0.02F, {"QLinearConv"});
    }
}

/// Bounds in the middle of what the bytes hold.
TEST(ByteLayers, ClipBetweenLayerAndQuantisation) {
    Quantised q({Dim(1), Dim(4), Dim(6), Dim(6)});
    const std::string c = q.add("Conv", {q.pair("x", 0.01F, 128), q.weight({8, 4, 1, 1}, 0)});
    const std::string clip = q.add("Clip", {c, q.constant(one(-0.31F)), q.constant(one(0.52F))});
    expect_as_defined(q.with_output(q.pair(clip, 0.01F, 100), {Dim(1), Dim(8), Dim(6), Dim(6)}), {1, 4, 6, 6},
                      0.01F, {"QLinearConv"});
}

/// Zeros in quads of channels of all outputs, which every kernel of quads can skip, where the processor has
/// one.
TEST(ByteLayers, QuadsOfZerosAreSkipped) {
    if (kernels::byte_units().empty()) GTEST_SKIP() << "this processor has no products of 4 bytes";
    Quantised q({Dim(1), Dim(32), Dim(9), Dim(7)});
    const std::string w = q.weight({40, 32, 3, 3}, 0);
    const std::string c =
        q.add("Conv", {q.pair("x", 0.01F, 120), w}, {{"pads", std::vector<std::int64_t>(4, 1)}});
    const std::string y = q.pair(q.add("Relu", {c}), 0.02F, 3);
    Graph graph = q.with_output(y, {Dim(1), Dim(40), Dim(9), Dim(7)});
    for (auto& [name, tensor] : graph.initializers) {
        if (tensor.shape() != Shape{40, 32, 3, 3}) continue;
        const auto values = tensor.as<std::int8_t>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i / 9 % 32 / 4 != 2) values[i] = 0;  // one quad of eight is left
        }
    }
    const NamedTensors inputs = {{"x", numbers({1, 32, 9, 7}, 1)}};
    const Tensor expected = plainly(graph, inputs)[0];
    for (const auto choice : {runtime::Options::Choice::sparse, runtime::Options::Choice::measured}) {
        auto session = runtime::compile(
            graph, {.threads = 1, .choice = choice, .tuning = runtime::Options::Tuning::none});
        const Tensor got = session.run(inputs)[0];
        std::string kernels;
        for (const auto& layer : session.profile()) kernels += layer.op + " " + layer.kernel + "\n";
        EXPECT_NE(kernels.find("conv_i8_quads"), std::string::npos) << kernels;
        for (std::size_t i = 0; i < expected.f32().size(); ++i)
            ASSERT_NEAR(got.f32()[i], expected.f32()[i], 0.02F * 1.001F) << i;
    }
}

/// A Clip below what the bytes hold.
TEST(ByteLayers, BoundsBeyondTheBytes) {
    Quantised q({Dim(1), Dim(3), Dim(5), Dim(5)});
    const std::string c = q.add("Conv", {q.pair("x", 0.01F, 128), q.weight({7, 3, 1, 1}, 0)});
    const std::string low = q.add("Clip", {c, q.constant(one(-10.0F)), q.constant(one(-5.0F))});
    expect_as_defined(q.with_output(q.pair(low, 0.5F, 0), {Dim(1), Dim(7), Dim(5), Dim(5)}), {1, 3, 5, 5},
                      1e-6F, {"QLinearConv"});
}

/// As residual networks: what is between is never f32.
TEST(ByteLayers, SumsPoolsAndViewsStayBytes) {
    Quantised q({Dim(1), Dim(3), Dim(12), Dim(12)});
    const std::string first =
        q.pair(q.add("Conv", {q.pair("x", 0.01F, 128), q.weight({16, 3, 1, 1}, 0)}), 0.02F, 128);
    const std::string pool = q.add("MaxPool", {first},
                                   {{"kernel_shape", std::vector<std::int64_t>{3, 3}},
                                    {"strides", std::vector<std::int64_t>{2, 2}},
                                    {"pads", std::vector<std::int64_t>(4, 1)}});
    const std::string pooled = q.pair(pool, 0.02F, 128);
    const std::string a = q.pair(q.add("Conv", {pooled, q.weight({16, 16, 1, 1}, 0)}), 0.05F, 90);
    const std::string sum = q.pair(q.add("Add", {a, pooled}), 0.06F, 100);
    const std::string mean = q.pair(q.add("GlobalAveragePool", {sum}), 0.03F, 110);
    const std::string flat = q.pair(q.add("Flatten", {mean}), 0.03F, 110);
    const std::string y = q.pair(q.add("Gemm", {flat, q.weight({10, 16}, 0), q.constant(numbers({10}, 1))},
                                       {{"transB", std::int64_t{1}}}),
                                 0.2F, 128);
    const Graph graph = q.with_output(y, {Dim(1), Dim(10)});
    expect_as_defined(graph, {1, 3, 12, 12}, 0.2F,
                      {"QLinearConv", "QLinearAdd", "QLinearGlobalAveragePool", "QLinearMatMul"});
    auto session = runtime::compile(graph, {.threads = 1, .tuning = runtime::Options::Tuning::none});
    session.prepare({{"x", {1, 3, 12, 12}}});
    EXPECT_EQ(layers_of(session, "DequantizeLinear"), 1U);  // of the output
    EXPECT_EQ(layers_of(session, "QuantizeLinear"), 1U);    // of the input
}

/// x * sigmoid(x), whose parts are quantised too, is a table; so is what follows it.
TEST(ByteLayers, FunctionsOfOneValueAreTables) {
    for (const bool is_signed : {false, true}) {
        const std::int32_t zero = is_signed ? -3 : 120;
        Quantised q({Dim(1), Dim(5), Dim(7), Dim(9)});
        const std::string x = q.pair(q.add("Conv", {q.pair("x", 0.01F, 128), q.weight({5, 5, 1, 1}, 0)}),
                                     0.02F, zero, is_signed);
        const std::string gate = q.pair(q.add("Sigmoid", {x}), 1.0F / 255, is_signed ? -128 : 0, is_signed);
        const std::string swish = q.pair(q.add("Mul", {x, gate}), 0.02F, zero, is_signed);
        const std::string shifted = q.add("Add", {swish, q.constant(Tensor::of<float>({1, 1, 1}, {3.0F}))});
        const std::string bounded = q.add("Clip", {shifted, q.constant(one(0.0F)), q.constant(one(6.0F))});
        const std::string y = q.pair(q.add("Tanh", {bounded}), 0.01F, 0, is_signed);
        const Graph graph = q.with_output(y, {Dim(1), Dim(5), Dim(7), Dim(9)});
        expect_as_defined(graph, {1, 5, 7, 9}, 0.02F, {"QLinearConv", "QLinearFunction"});
        auto session = runtime::compile(graph, {.threads = 1, .tuning = runtime::Options::Tuning::none});
        session.prepare({{"x", {1, 5, 7, 9}}});
        EXPECT_EQ(layers_of(session, "QLinearFunction"), 2U);
        EXPECT_EQ(layers_of(session, "DequantizeLinear"), 1U);
    }
}

/// A part that somebody else reads is computed by itself.
TEST(ByteLayers, FunctionsWhosePartsAreReadElsewhere) {
    Quantised q({Dim(2), Dim(30)});
    const std::string x =
        q.pair(q.add("MatMul", {q.pair("x", 0.01F, 128), q.weight({30, 30}, 1)}), 0.05F, 128);
    const std::string gate = q.pair(q.add("Sigmoid", {x}), 1.0F / 255, 0);
    const std::string swish = q.pair(q.add("Mul", {x, gate}), 0.01F, 100);
    const std::string other = q.pair(q.add("MatMul", {x, q.weight({30, 30}, 1)}), 0.05F, 128);
    const std::string a = q.pair(q.add("Add", {swish, other}), 0.05F, 100);
    const std::string y =
        q.pair(q.add("Add", {a, q.pair(q.add("Mul", {gate, other}), 0.03F, 90)}), 0.05F, 100);
    expect_as_defined(q.with_output(y, {Dim(2), Dim(30)}), {2, 30}, 0.05F,
                      {"QLinearFunction", "QLinearMul", "QLinearAdd"});
}

/// Squeeze and excitation: every channel of an image with a number of its own, from either side.
TEST(ByteLayers, ImagesTimesNumbersOfTheirChannels) {
    for (const bool first : {false, true}) {
        Quantised q({Dim(2), Dim(21), Dim(5), Dim(6)});
        const std::string x =
            q.pair(q.add("Conv", {q.pair("x", 0.01F, 128), q.weight({21, 21, 1, 1}, 0)}), 0.03F, 128);
        const std::string mean = q.pair(q.add("GlobalAveragePool", {x}), 0.005F, 110);
        const std::string gate = q.pair(q.add("Sigmoid", {mean}), 1.0F / 255, 0);
        const std::string y =
            q.pair(q.add("Mul", first ? std::vector{gate, x} : std::vector{x, gate}), 0.02F, 128);
        expect_as_defined(q.with_output(y, {Dim(2), Dim(21), Dim(5), Dim(6)}), {2, 21, 5, 6}, 0.02F,
                          {"QLinearGlobalAveragePool", "QLinearFunction", "QLinearMul"});
    }
}

TEST(ByteLayers, ProductsWithBiasInRowsOfAnyRank) {
    Quantised q({Dim(2), Dim(5), Dim(32)});
    const std::string p = q.add("MatMul", {q.pair("x", 0.01F, 128), q.weight({32, 20}, 1)});
    const std::string b = q.add("Add", {p, q.constant(numbers({20}, 1))});
    expect_as_defined(q.with_output(q.pair(b, 0.05F, 128), {Dim(2), Dim(5), Dim(20)}), {2, 5, 32}, 0.05F,
                      {"QLinearMatMul"});
}

/// Nothing quantises what the product gives: it is f32, and functions may follow.
TEST(ByteLayers, WhatIsNotQuantisedAgainIsF32) {
    Quantised q({Dim(5), Dim(32)});
    const std::string p = q.add("MatMul", {q.pair("x", 0.01F, 128), q.weight({32, 20}, 1)});
    expect_as_defined(q.with_output(q.add("Sigmoid", {p}), {Dim(5), Dim(20)}), {5, 32}, 1e-4F,
                      {"QLinearMatMul"});
}

/// What dynamic quantisation writes: scales and zero points are known when it runs.
TEST(ByteLayers, DynamicProducts) {
    Quantised q({Dim(7), Dim(40)});
    q.graph.nodes.push_back({.name = "dynamic",
                             .op = "DynamicQuantizeLinear",
                             .inputs = {"x"},
                             .outputs = {"xq", "xs", "xz"},
                             .attributes = {}});
    const std::string w = q.constant(integers({40, 24}));
    const std::string s = q.constant(one(0.02F));
    const std::string product = q.add("MatMulInteger", {"xq", w, "xz", q.constant(one<std::int8_t>(3))});
    const std::string real = q.add("Cast", {product}, {{"to", std::int64_t{1}}});
    const std::string scaled = q.add("Mul", {real, q.add("Mul", {"xs", s})});
    const std::string y = q.add("Add", {scaled, q.constant(numbers({24}, 1))});
    expect_as_defined(q.with_output(q.add("Relu", {y}), {Dim(7), Dim(24)}), {7, 40}, 1e-3F,
                      {"MatMulIntegerToFloat"});
}

/// Without the zero point bytes count from 0, and a scale of more dimensions gives the output these.
TEST(ByteLayers, DynamicLayersThatAreSpelledOtherwise) {
    const Shape scales[] = {{}, {1, 1, 1, 1, 1}};
    for (const bool zero : {false, true}) {
        for (const Shape& scale : scales) {
            Quantised q({Dim(2), Dim(4), Dim(7), Dim(7)});
            q.graph.nodes.push_back({.name = "dynamic",
                                     .op = "DynamicQuantizeLinear",
                                     .inputs = {"x"},
                                     .outputs = {"xq", "xs", "xz"},
                                     .attributes = {}});
            const std::string w = q.constant(integers({6, 4, 3, 3}));
            std::vector<std::string> inputs = {"xq", w};
            if (zero) inputs.emplace_back("xz");
            const std::string real = q.add("Cast", {q.add("ConvInteger", inputs)}, {{"to", std::int64_t{1}}});
            const std::string s = q.constant(Tensor::of<float>(scale, std::vector{0.02F}));
            const std::string y = q.add("Mul", {real, q.add("Mul", {"xs", s})});
            Dims dims(scale.size() > 4 ? 1 : 0, Dim(1));
            dims.insert(dims.end(), {Dim(2), Dim(6), Dim(5), Dim(5)});
            const Graph graph = q.with_output(y, dims);
            const NamedTensors x = {{"x", numbers({2, 4, 7, 7}, 1)}};
            const Tensor expected = plainly(graph, x)[0];
            const Tensor got = runtime::compile(graph, {.threads = 1}).run(x)[0];
            ASSERT_EQ(got.shape(), expected.shape());
            for (std::size_t i = 0; i < expected.f32().size(); ++i)
                ASSERT_NEAR(got.f32()[i], expected.f32()[i], 2e-3F) << i;
        }
    }
}

/// As ONNX Runtime's tools write convolutions: the bias becomes integers of the product of both scales, by
/// nodes that may stand behind the convolution.
TEST(ByteLayers, DynamicConvolutions) {
    for (const bool depthwise : {false, true}) {
        for (const bool biased : {false, true}) {
            Quantised q({Dim(2), Dim(6), Dim(9), Dim(7)});
            q.graph.nodes.push_back({.name = "dynamic",
                                     .op = "DynamicQuantizeLinear",
                                     .inputs = {"x"},
                                     .outputs = {"xq", "xs", "xz"},
                                     .attributes = {}});
            const std::int64_t outputs = depthwise ? 6 : 21;
            const std::string w = q.constant(integers({outputs, depthwise ? 1 : 6, 3, 3}));
            const std::string s = q.constant(one(0.02F));
            std::string sums = q.add("ConvInteger", {"xq", w, "xz", q.constant(one<std::int8_t>(3))},
                                     {{"pads", std::vector<std::int64_t>(4, 1)},
                                      {"strides", std::vector<std::int64_t>{2, 1}},
                                      {"group", std::int64_t{depthwise ? 6 : 1}}});
            if (biased) {
                const std::string steps =
                    q.add("Div", {q.constant(numbers({1, outputs, 1, 1}, 1)), q.add("Mul", {"xs", s})});
                const std::string whole = q.add("Cast", {q.add("Floor", {steps})}, {{"to", std::int64_t{6}}});
                sums = q.add("Add", {sums, whole});
            }
            const std::string real = q.add("Cast", {sums}, {{"to", std::int64_t{1}}});
            const std::string y = q.add("Mul", {real, q.add("Mul", {"xs", s})});
            expect_as_defined(q.with_output(q.add("Relu", {y}), {Dim(2), Dim(outputs), Dim(5), Dim(7)}),
                              {2, 6, 9, 7}, 1e-3F, {"ConvIntegerToFloat"});
        }
    }
}

/// A value that somebody else reads as a number is made a number for that reader alone.
TEST(ByteLayers, OtherReadersGetNumbers) {
    Quantised q({Dim(1), Dim(4), Dim(6), Dim(6)});
    const std::string x = q.pair("x", 0.01F, 128);
    const std::string c = q.pair(q.add("Conv", {x, q.weight({4, 4, 1, 1}, 0)}), 0.02F, 128);
    const std::string y = q.add("Mul", {c, x});
    expect_as_defined(q.with_output(y, {Dim(1), Dim(4), Dim(6), Dim(6)}), {1, 4, 6, 6}, 0.03F,
                      {"QLinearConv"});
}

TEST(ByteLayers, CanBeLeftOut) {
    Quantised q({Dim(1), Dim(4), Dim(6), Dim(6)});
    const std::string c =
        q.pair(q.add("Conv", {q.pair("x", 0.01F, 128), q.weight({8, 4, 1, 1}, 0)}), 0.02F, 128);
    const Graph graph = q.with_output(c, {Dim(1), Dim(8), Dim(6), Dim(6)});
    auto session = runtime::compile(graph, {.threads = 1, .without = {"keep-integers"}});
    session.prepare({{"x", {1, 4, 6, 6}}});
    EXPECT_EQ(layers_of(session, "QLinearConv"), 0U);
}

/// Few weights left: kernels that skip zeros are those of f32. Timed, either may win; both give the same.
TEST(ByteLayers, CutNetworksMayRunAsF32) {
    Quantised q({Dim(3), Dim(64)});
    const std::string p =
        q.pair(q.add("MatMul", {q.pair("x", 0.01F, 128), q.weight({64, 48}, 1)}), 0.05F, 128);
    Graph graph = q.with_output(p, {Dim(3), Dim(48)});
    for (auto& [name, tensor] : graph.initializers) {
        if (tensor.dtype() != DType::i8 || tensor.rank() != 2) continue;
        auto w = tensor.as<std::int8_t>();
        for (std::size_t i = 0; i < w.size(); ++i) w[i] = i % 10 == 0 ? w[i] : std::int8_t{0};
    }
    const NamedTensors inputs = {{"x", numbers({3, 64}, 1)}};
    const Tensor expected = plainly(graph, inputs)[0];
    using enum runtime::Options::Tuning;
    for (const auto tuning : {none, full}) {
        auto session = runtime::compile(graph, {.threads = 1, .tuning = tuning});
        const Tensor got = session.run(inputs)[0];
        for (std::size_t i = 0; i < expected.f32().size(); ++i)
            ASSERT_NEAR(got.f32()[i], expected.f32()[i], 0.0501F) << i;
        if (tuning == none) {
            EXPECT_EQ(layers_of(session, "QLinearMatMul"), 0U);
        }
    }
}

}  // namespace
}  // namespace espalier
