// Operators of ONNX Runtime's own domain and of opset 23 become standard ones: what these compute, by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "base/expect_error.h"
#include "graph/computed.h"
#include "onnx/models.h"

namespace espalier {
namespace {

using onnx::pb::ModelProto;

struct Fed {
    std::string name;
    Tensor tensor;
};

Tensor floats(Shape shape, const std::vector<float>& values) {
    return Tensor::of<float>(std::move(shape), values);
}

/// One node of `domain` that reads these constants; its first output.
Graph read_one(const std::string& op, const std::string& domain, int opset, const std::vector<Fed>& fed,
               const std::function<void(onnx::pb::NodeProto&)>& dress = {}, int outputs = 1) {
    ModelProto model;
    model.set_ir_version(8);
    model.add_opset_import()->set_version(opset);
    if (!domain.empty()) {
        auto& import = *model.add_opset_import();
        import.set_domain(domain);
        import.set_version(1);
    }
    auto& graph = *model.mutable_graph();
    graph.set_name("one");
    auto& node = *graph.add_node();
    node.set_name("node");
    node.set_op_type(op);
    node.set_domain(domain);
    for (const auto& [name, tensor] : fed) {
        node.add_input(name);
        if (!name.empty()) onnx::fill(*graph.add_initializer(), name, tensor);
    }
    for (int i = 0; i < outputs; ++i) {
        node.add_output("y" + std::to_string(i));
        graph.add_output()->set_name("y" + std::to_string(i));
    }
    if (dress) dress(node);
    return testing::parse(model);
}

std::vector<float> computed(const Graph& graph, std::size_t output = 0) {
    const NamedTensors values = espalier::computed(graph, {});
    const auto y = values.at(graph.outputs[output].name).f32();
    return {y.begin(), y.end()};
}

void expect_near(const std::vector<float>& got, const std::vector<float>& expected) {
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5) << i;
}

void set_float(onnx::pb::NodeProto& node, const std::string& name, float value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::pb::AttributeProto::FLOAT);
    attribute.set_f(value);
}

void set_string(onnx::pb::NodeProto& node, const std::string& name, const std::string& value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::pb::AttributeProto::STRING);
    attribute.set_s(value);
}

constexpr const char* kMicrosoft = "com.microsoft";

TEST(OnnxFused, ConvolutionWithSumAndActivation) {
    const std::vector<Fed> fed = {{"x", floats({1, 1, 3}, {1, 2, 3})},
                                  {"w", floats({1, 1, 1}, {2})},
                                  {"b", floats({1}, {-5})},
                                  {"z", floats({1, 1, 3}, {1, 1, 1})}};
    const auto relu = [](auto& node) { set_string(node, "activation", "Relu"); };
    expect_near(computed(read_one("FusedConv", kMicrosoft, 17, fed, relu)), {0, 0, 2});
    EXPECT_ERROR(Unsupported, "the activation \"Gelu\" is not supported",
                 read_one("FusedConv", kMicrosoft, 17, fed,
                          [](auto& node) { set_string(node, "activation", "Gelu"); }));
}

TEST(OnnxFused, ProductsWithTurnedOperands) {
    const std::vector<Fed> fed = {{"a", floats({1, 2}, {1, 2})}, {"b", floats({2, 2}, {1, 2, 3, 4})}};
    const auto dress = [](auto& node) {
        testing::set_int(node, "transB", 1);
        set_float(node, "alpha", 0.5F);
    };
    expect_near(computed(read_one("FusedMatMul", kMicrosoft, 17, fed, dress)), {2.5F, 5.5F});
}

TEST(OnnxFused, FormsOfGelu) {
    const Fed x{"x", floats({1, 2}, {-1, 2})};
    expect_near(computed(read_one("Gelu", kMicrosoft, 17, {x})), {-0.15865526F, 1.9544997F});
    expect_near(computed(read_one("BiasGelu", kMicrosoft, 17, {x, {"b", floats({2}, {1, 0})}})),
                {0, 1.9544997F});
    expect_near(computed(read_one("FastGelu", kMicrosoft, 17, {x})), {-0.15880801F, 1.9545977F});
    expect_near(computed(read_one("QuickGelu", kMicrosoft, 17, {x})),
                {-1 / (1 + std::exp(1.702F)), 2 / (1 + std::exp(-3.404F))});
}

TEST(OnnxFused, NormalisedSums) {
    const std::vector<Fed> fed = {{"x", floats({1, 1, 2}, {1, 2})},
                                  {"skip", floats({1, 1, 2}, {0, 1})},
                                  {"gamma", floats({2}, {1, 2})},
                                  {"beta", floats({2}, {0, 1})}};
    const Graph graph = read_one("SkipLayerNormalization", kMicrosoft, 17, fed);
    expect_near(computed(graph), {-1, 3});  // 1, 3 are -1, 1 when normalised
    const std::vector<Fed> simple(fed.begin(), fed.begin() + 3);
    const float root = std::sqrt(5.0F);  // of the mean of 1 and 9
    expect_near(computed(read_one("SkipSimplifiedLayerNormalization", kMicrosoft, 17, simple)),
                {1 / root, 6 / root});
    expect_near(computed(read_one("RMSNormalization", "", 23, {fed[0], fed[2]})),
                {1 / std::sqrt(2.50001F), 4 / std::sqrt(2.50001F)});
}

TEST(OnnxFused, AttentionOfOneHead) {
    // Scores q k^T = 0 and ln 3: shares 1/4 and 3/4.
    const std::vector<Fed> fed = {{"q", floats({1, 1, 1}, {1})},
                                  {"k", floats({1, 2, 1}, {0, std::log(3.0F)})},
                                  {"v", floats({1, 2, 1}, {4, 8})}};
    const auto newest = [](auto& node) {
        testing::set_int(node, "q_num_heads", 1);
        testing::set_int(node, "kv_num_heads", 1);
    };
    expect_near(computed(read_one("Attention", "", 23, fed, newest)), {7});
    const auto fused = [](auto& node) { testing::set_int(node, "num_heads", 1); };
    expect_near(computed(read_one("MultiHeadAttention", kMicrosoft, 17, fed, fused)), {7});
    const auto causal = [&](auto& node) {
        newest(node);
        testing::set_int(node, "is_causal", 1);
    };
    expect_near(computed(read_one("Attention", "", 23, fed, causal)), {4});  // sees only the first key
}

TEST(OnnxFused, AttentionWithItsProducts) {
    // x = 1 in one position: v = 3, whatever q and k are.
    const std::vector<Fed> fed = {
        {"x", floats({1, 1, 1}, {1})}, {"w", floats({1, 3}, {1, 1, 2})}, {"b", floats({3}, {0, 0, 1})}};
    const auto fused = [](auto& node) { testing::set_int(node, "num_heads", 1); };
    expect_near(computed(read_one("Attention", kMicrosoft, 17, fed, fused)), {3});
}

TEST(OnnxFused, RotaryEmbeddingTurnsPairs) {
    // By a quarter: (a, b) -> (-b, a).
    const std::vector<Fed> fed = {{"x", floats({1, 1, 1, 4}, {1, 2, 3, 4})},
                                  {"cos", floats({1, 1, 2}, {0, 0})},
                                  {"sin", floats({1, 1, 2}, {1, 1})}};
    expect_near(computed(read_one("RotaryEmbedding", "", 23, fed)), {-3, -4, 1, 2});
    const auto neighbours = [](auto& node) { testing::set_int(node, "interleaved", 1); };
    expect_near(computed(read_one("RotaryEmbedding", "", 23, fed, neighbours)), {-2, 1, -4, 3});
}

TEST(OnnxFused, QuantisedElementsAreTheOperatorBetweenTwoConversions) {
    const Tensor scale = Tensor::of<float>({}, std::vector<float>{0.5F});
    const Tensor zero = Tensor::of<std::uint8_t>({}, std::vector<std::uint8_t>{1});
    const Tensor a = Tensor::of<std::uint8_t>({2}, std::vector<std::uint8_t>{3, 5});
    const Graph graph = read_one("QLinearAdd", kMicrosoft, 17,
                                 {{"a", a},
                                  {"sa", scale},
                                  {"za", zero},
                                  {"b", a},
                                  {"sb", scale},
                                  {"zb", zero},
                                  {"sy", scale},
                                  {"zy", zero}});
    ASSERT_EQ(graph.nodes.size(), 4U);
    EXPECT_EQ(graph.nodes[2].op, "Add");
    EXPECT_EQ(graph.nodes[3].op, "QuantizeLinear");
}

TEST(OnnxFused, WhatIsNotKnownIsRefusedByName) {
    EXPECT_ERROR(Unsupported, "operator \"Bogus\" of domain \"com.microsoft\" is not supported",
                 read_one("Bogus", kMicrosoft, 17, {{"x", floats({1}, {1})}}));
    EXPECT_ERROR(Unsupported, "operator \"Gelu\" of domain \"com.example\" is not supported",
                 read_one("Gelu", "com.example", 17, {{"x", floats({1}, {1})}}));
    EXPECT_ERROR(Unsupported, "no number of heads",
                 read_one("MultiHeadAttention", kMicrosoft, 17, {{"x", floats({1, 1, 1}, {1})}}));
}

}  // namespace
}  // namespace espalier
