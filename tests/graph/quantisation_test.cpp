// Numbers as small integers, held against values by hand: ties, limits, one scale an index and one a block.
#include <gtest/gtest.h>

#include <limits>

#include "base/expect_error.h"
#include "graph/evaluation.h"

namespace espalier {
namespace {

std::vector<Tensor> run(const std::string& op, const std::vector<Tensor>& inputs,
                        std::map<std::string, Attribute> attributes = {}, std::size_t outputs = 1) {
    Node node{.name = "node", .op = op, .inputs = {}, .outputs = {}, .attributes = std::move(attributes)};
    std::vector<const Tensor*> operands;
    for (const Tensor& input : inputs) {
        node.inputs.push_back("x" + std::to_string(operands.size()));
        operands.push_back(&input);
    }
    for (std::size_t i = 0; i < outputs; ++i) node.outputs.push_back("y" + std::to_string(i));
    return evaluate(node, operands);
}

template <class T>
Tensor of(Shape shape, const std::vector<T>& values) {
    return Tensor::of<T>(std::move(shape), values);
}

constexpr auto kAxis0 = std::int64_t{0};

TEST(Quantisation, TiesGoToTheEvenNumberAndLimitsHold) {
    const Tensor x = of<float>({7}, {1, 3, 5, -1, 1000, -1000, 0});
    const Tensor scale = of<float>({}, {2});
    EXPECT_EQ(run("QuantizeLinear", {x, scale, of<std::int8_t>({}, {1})})[0],
              of<std::int8_t>({7}, {1, 3, 3, 1, 127, -128, 1}));
    EXPECT_EQ(run("QuantizeLinear", {x, scale})[0], of<std::uint8_t>({7}, {0, 2, 2, 0, 255, 0, 0}));
    EXPECT_EQ(run("QuantizeLinear", {x, scale, of<std::int16_t>({}, {0})})[0],
              of<std::int16_t>({7}, {0, 2, 2, 0, 500, -500, 0}));
}

TEST(Quantisation, OneScaleAnIndex) {
    const Tensor q = of<std::int8_t>({2, 2}, {1, 2, 3, 4});
    const Tensor scale = of<float>({2}, {0.5F, 10});
    const Tensor zero = of<std::int8_t>({2}, {1, 0});
    EXPECT_EQ(run("DequantizeLinear", {q, scale, zero}, {{"axis", kAxis0}})[0],
              of<float>({2, 2}, {0, 0.5F, 30, 40}));
    EXPECT_EQ(run("DequantizeLinear", {q, scale, zero}, {{"axis", std::int64_t{-1}}})[0],
              of<float>({2, 2}, {0, 20, 1, 40}));
    EXPECT_EQ(run("DequantizeLinear", {of<std::int32_t>({1}, {-7}), of<float>({}, {2})})[0],
              of<float>({1}, {-14}));
}

TEST(Quantisation, OneScaleABlock) {
    // Axis 1 in blocks of 2, the last of which is 1 wide.
    const Tensor q = of<std::int8_t>({2, 3}, {1, 2, 3, 4, 5, 6});
    const Tensor scale = of<float>({2, 2}, {1, 10, 100, 1000});
    const std::map<std::string, Attribute> blocks = {{"axis", std::int64_t{1}},
                                                     {"block_size", std::int64_t{2}}};
    EXPECT_EQ(run("DequantizeLinear", {q, scale}, blocks)[0], of<float>({2, 3}, {1, 2, 30, 400, 500, 6000}));
    EXPECT_ERROR(InvalidModel, "block_size=2 makes 2 blocks of 3 elements",
                 run("DequantizeLinear", {q, of<float>({2, 3}, {1, 1, 1, 1, 1, 1})}, blocks));
}

TEST(Quantisation, TheRangeThatAnInputHas) {
    const auto y = run("DynamicQuantizeLinear", {of<float>({3}, {-1, 0, 4})}, {}, 3);
    EXPECT_EQ(y[0], of<std::uint8_t>({3}, {0, 51, 255}));
    EXPECT_FLOAT_EQ(y[1].f32()[0], 5.0F / 255);
    EXPECT_EQ(y[2].as<std::uint8_t>()[0], 51);
    EXPECT_EQ(run("DynamicQuantizeLinear", {of<float>({2}, {0, 0})}, {}, 3)[1].f32()[0], 1);
}

TEST(Quantisation, ProductsOfIntegersLessTheirZeroPoints) {
    const Tensor a = of<std::uint8_t>({1, 2}, {255, 1});
    const Tensor b = of<std::int8_t>({2, 2}, {127, -128, 3, 4});
    EXPECT_EQ(run("MatMulInteger", {a, b})[0], of<std::int32_t>({1, 2}, {32388, -32636}));
    EXPECT_EQ(run("MatMulInteger", {a, b, of<std::uint8_t>({}, {1}), of<std::int8_t>({2}, {27, 0})})[0],
              of<std::int32_t>({1, 2}, {25400, -32512}));
    // Padding counts as the zero point: nothing is added for it.
    EXPECT_EQ(run("ConvInteger",
                  {of<std::uint8_t>({1, 1, 2}, {5, 7}), of<std::uint8_t>({1, 1, 3}, {1, 2, 3}),
                   of<std::uint8_t>({}, {5}), of<std::uint8_t>({}, {1})},
                  {{"pads", std::vector<std::int64_t>{1, 1}}})[0],
              of<std::int32_t>({1, 1, 2}, {4, 2}));
}

TEST(Quantisation, WhatMeansNothingIsRefused) {
    const Tensor x = of<float>({2}, {1, 2});
    EXPECT_ERROR(InvalidModel, "a scale is 0, expected a number above 0",
                 run("QuantizeLinear", {x, of<float>({}, {0})}));
    EXPECT_ERROR(InvalidModel, "a scale is nan",
                 run("QuantizeLinear", {x, of<float>({}, {std::numeric_limits<float>::quiet_NaN()})}));
    const Tensor q = of<std::int8_t>({2}, {1, 2});
    EXPECT_ERROR(InvalidModel, "the zero point holds u8, expected i8",
                 run("DequantizeLinear", {q, of<float>({}, {1}), of<std::uint8_t>({}, {0})}));
    EXPECT_ERROR(InvalidModel, "scales of the axis: got 3 where 2 is expected",
                 run("DequantizeLinear", {q, of<float>({3}, {1, 1, 1})}, {{"axis", kAxis0}}));
    EXPECT_ERROR(InvalidModel, "input 0 holds f32, expected integers", run("DequantizeLinear", {x, x}));
    EXPECT_ERROR(InvalidModel, "input 1 holds f32, expected i8 or u8",
                 run("MatMulInteger", {of<std::int8_t>({1, 1}, {1}), of<float>({1, 1}, {1})}));
}

}  // namespace
}  // namespace espalier
