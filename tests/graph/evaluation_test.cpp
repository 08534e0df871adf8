// Plain computations that the ONNX project's cases (tests/runtime/conformance_test.cpp) do not cover:
// operators of later opsets, conversions between element types, and what is said of elements that mean
// nothing.
#include "graph/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/expect_error.h"
#include "tensor/convert.h"

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

Tensor floats(Shape shape, const std::vector<float>& values) {
    return Tensor::of<float>(std::move(shape), values);
}

Tensor ints(const std::vector<std::int64_t>& values) {
    return Tensor::of<std::int64_t>({std::ssize(values)}, values);
}

void expect_near(const Tensor& got, const std::vector<float>& expected) {
    ASSERT_EQ(got.count(), std::ssize(expected));
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got.f32()[i], expected[i], 1e-6) << i;
}

TEST(Evaluation, FunctionsOfLaterOpsets) {
    const Tensor x = floats({3}, {-1, 0, 2});
    expect_near(run("Gelu", {x})[0], {-0.15865526F, 0, 1.9544997F});
    expect_near(run("Gelu", {x}, {{"approximate", std::string("tanh")}})[0], {-0.15880801F, 0, 1.9545977F});
    expect_near(run("Mish", {x})[0], {-0.30340147F, 0, 1.9439590F});
}

TEST(Evaluation, GroupNormalizationScalesEachChannel) {
    // Two groups of two channels of one element: each group becomes -1 and 1.
    const auto y =
        run("GroupNormalization",
            {floats({1, 4, 1}, {1, 3, 10, 30}), floats({4}, {1, 2, 3, 4}), floats({4}, {0, 0, 5, 0})},
            {{"num_groups", std::int64_t{2}}, {"epsilon", 0.0F}});
    expect_near(y[0], {-1, 2, 2, 4});
}

TEST(Evaluation, HalvesAreComputedAsF32AndGivenAsHalves) {
    for (const DType dtype : {DType::f16, DType::bf16}) {
        const Tensor x = converted(floats({3}, {1, -2, 0.5F}), dtype);
        const Tensor y = run("Mul", {x, x})[0];
        EXPECT_EQ(y.dtype(), dtype);
        EXPECT_EQ(converted(y, DType::f32), floats({3}, {1, 4, 0.25F}));
        EXPECT_EQ(run("Concat", {x, x}, {{"axis", std::int64_t{0}}})[0].dtype(), dtype);
    }
}

TEST(Evaluation, IntegersWrapAndDivideTowardsZero) {
    const Tensor low = Tensor::of<std::int32_t>({2}, {std::numeric_limits<std::int32_t>::min(), -7});
    const Tensor by = Tensor::of<std::int32_t>({2}, {-1, 2});
    EXPECT_EQ(run("Div", {low, by})[0],
              Tensor::of<std::int32_t>({2}, {std::numeric_limits<std::int32_t>::min(), -3}));
    EXPECT_EQ(run("Mod", {low, by})[0], Tensor::of<std::int32_t>({2}, {0, 1}));
    EXPECT_EQ(run("Add", {Tensor::of<std::uint8_t>({1}, {200}), Tensor::of<std::uint8_t>({1}, {100})})[0],
              Tensor::of<std::uint8_t>({1}, {44}));
    EXPECT_EQ(run("Pow", {ints({3, -2}), ints({4, 3})})[0], ints({81, -8}));
    EXPECT_ERROR(InvalidModel, "node \"node\": division by zero", run("Div", {by, Tensor(DType::i32, {2})}));
}

TEST(Evaluation, ElementsThatMeanNothingNameTheNode) {
    const Tensor x = floats({2, 3}, {1, 2, 3, 4, 5, 6});
    EXPECT_ERROR(InvalidModel, "node \"node\": index 2 in a dimension of 2", run("Gather", {x, ints({2})}));
    EXPECT_ERROR(InvalidModel, "node \"node\": index -3 in a dimension of 2", run("Gather", {x, ints({-3})}));
    EXPECT_ERROR(InvalidModel, "a range without end",
                 run("Range", {floats({}, {0}), floats({}, {1}), floats({}, {0})}));
    EXPECT_ERROR(InvalidModel, "k=4 of a dimension of 3", run("TopK", {x, ints({4})}, {}, 2));
    EXPECT_ERROR(InvalidModel, "pads of 0 and -4 on a dimension of 3", run("Pad", {x, ints({0, 0, 0, -4})}));
    EXPECT_ERROR(Unsupported, "Dropout in training mode",
                 run("Dropout", {x, floats({}, {0.5F}), converted(floats({}, {1}), DType::boolean)}));
    EXPECT_ERROR(InvalidModel, "an output label that no input has",
                 run("Einsum", {x}, {{"equation", std::string("ij->k")}}));
}

TEST(Convert, HalvesRoundToTheNearestEven) {
    EXPECT_EQ(to_f16(1.0F), 0x3c00);
    EXPECT_EQ(to_f16(-2.5F), 0xc100);
    EXPECT_EQ(to_f16(1.0F + std::ldexp(1.0F, -11)), 0x3c00);  // halfway, to the even one
    EXPECT_EQ(to_f16(1.0F + std::ldexp(3.0F, -11)), 0x3c02);
    EXPECT_EQ(to_f16(65504.0F), 0x7bff);
    EXPECT_EQ(to_f16(65519.0F), 0x7bff);
    EXPECT_EQ(to_f16(65520.0F), 0x7c00);
    EXPECT_EQ(to_f16(std::ldexp(1.0F, -24)), 1);
    EXPECT_EQ(to_f16(std::ldexp(1.0F, -26)), 0);
    EXPECT_EQ(to_bf16(1.0F), 0x3f80);
    EXPECT_EQ(to_bf16(1.0F + std::ldexp(1.0F, -8)), 0x3f80);
    EXPECT_TRUE(std::isnan(from_f16(to_f16(NAN))));
    EXPECT_TRUE(std::isnan(from_bf16(to_bf16(NAN))));
    for (std::uint32_t bits = 0; bits < 0x7c00; ++bits)  // there and back, for every finite half
        ASSERT_EQ(to_f16(from_f16(static_cast<std::uint16_t>(bits))), bits);
}

TEST(Convert, NumbersThatDoNotFitStayAtTheBound) {
    const Tensor x = floats({4}, {3e9F, -3e9F, NAN, -1.9F});
    EXPECT_EQ(converted(x, DType::i32),
              Tensor::of<std::int32_t>({4}, {std::numeric_limits<std::int32_t>::max(),
                                             std::numeric_limits<std::int32_t>::min(), 0, -1}));
    EXPECT_EQ(converted(x, DType::u8), Tensor::of<std::uint8_t>({4}, {255, 0, 0, 0}));
    EXPECT_EQ(converted(floats({2}, {0.25F, 0}), DType::boolean).as<bool>()[0], true);
    EXPECT_EQ(converted(ints({257, -1}), DType::u8), Tensor::of<std::uint8_t>({2}, {1, 255}));
}

/// Every operator has one but those whose bodies only the reader knows.
TEST(Evaluation, EveryOperatorIsComputed) {
    for (const Operator* op : ops()) {
        const bool has_bodies = op->name == "If" || op->name == "Loop" || op->name == "Scan";
        EXPECT_EQ(op->evaluate == nullptr, has_bodies) << op->name;
    }
}

}  // namespace
}  // namespace espalier
