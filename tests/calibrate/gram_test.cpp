// X'X and its columns' sums against the plain computation.
#include "calibrate/linear/gram.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/random.h"
#include "espalier/error.h"
#include "graph/evaluation.h"

namespace espalier::calibrate {
namespace {

Tensor random_tensor(Shape shape) {
    Tensor tensor(DType::f32, std::move(shape));
    Random random(3, "gram");
    for (float& value : tensor.f32()) value = static_cast<float>(random.uniform()) - 0.4F;
    return tensor;
}

TEST(Gram, OfAProductByHand) {
    const Node node{.name = "m", .op = "MatMul", .inputs = {"x", "w"}, .outputs = {"y"}, .attributes = {}};
    const Tensor x = Tensor::of<float>({2, 1, 2}, {1, 2, 3, -4});
    std::vector<Gram> grams;
    add_rows(InputRows(node, {2, 5}, x), grams, 1);
    ASSERT_EQ(grams.size(), 1U);
    EXPECT_EQ(grams[0].products, (std::vector<double>{10, -10, -10, 20}));
    EXPECT_EQ(grams[0].sums, (std::vector<double>{4, -2}));
    EXPECT_EQ(grams[0].least, (std::vector<float>{1, -4}));
    EXPECT_EQ(grams[0].most, (std::vector<float>{3, 2}));
    EXPECT_EQ(grams[0].rows, 2);
    EXPECT_DOUBLE_EQ(grams[0].mean(0), 2);
    EXPECT_DOUBLE_EQ(grams[0].variance(0), 1);
    add_rows(InputRows(node, {2, 5}, x), grams, 1);  // more data
    EXPECT_EQ(grams[0].products, (std::vector<double>{20, -20, -20, 40}));
}

TEST(Gram, ManyRowsAndColumnsAgreeWithDouble) {
    const Node node{.name = "g",
                    .op = "Gemm",
                    .inputs = {"x", "w"},
                    .outputs = {"y"},
                    .attributes = {{"transA", std::int64_t{1}}}};
    const Tensor x = random_tensor({600, 2500});  // 600 inputs, more than a panel; more rows than at once
    std::vector<Gram> grams;
    add_rows(InputRows(node, {600, 3}, x), grams, 2);
    for (const auto& [i, j] : {std::pair{0, 0}, {599, 3}, {3, 599}, {511, 513}}) {
        double sum = 0;
        for (int r = 0; r < 2500; ++r)
            sum += static_cast<double>(x.f32()[static_cast<std::size_t>(i * 2500 + r)]) *
                   x.f32()[static_cast<std::size_t>(j * 2500 + r)];
        EXPECT_NEAR(grams[0].products[static_cast<std::size_t>(i * 600 + j)], sum, 1e-3);
    }
}

/// The rows times the weight are the convolution.
TEST(Gram, WindowsOfAConvolutionInGroups) {
    Node node{.name = "c", .op = "Conv", .inputs = {"x", "w"}, .outputs = {"y"}, .attributes = {}};
    node.attributes = {{"group", std::int64_t{2}},
                       {"strides", std::vector<std::int64_t>{2, 1}},
                       {"pads", std::vector<std::int64_t>{1, 0, 1, 2}},
                       {"dilations", std::vector<std::int64_t>{1, 2}}};
    const Tensor x = random_tensor({2, 6, 7, 8});
    const Tensor w = random_tensor({4, 3, 3, 2});
    const Tensor* const operands[] = {&x, &w};
    const Tensor y = std::move(evaluate(node, operands)[0]);
    const std::int64_t places = y.shape()[2] * y.shape()[3];
    for (const ColumnOrder order : {ColumnOrder::as_stored, ColumnOrder::channels_within}) {
        const InputRows rows(node, w.shape(), x, order);
        ASSERT_EQ(rows.groups(), 2);
        ASSERT_EQ(rows.width(), 18);
        ASSERT_EQ(rows.count(), 2 * places);
        for (std::int64_t group = 0; group < 2; ++group) {
            std::vector<float> matrix(static_cast<std::size_t>(rows.count() * rows.width()));
            rows.copy(group, 0, rows.count(), matrix.data(), 2);
            for (std::int64_t row = 0; row < rows.count(); ++row) {
                for (std::int64_t o = 0; o < 2; ++o) {
                    double sum = 0;
                    for (std::int64_t c = 0; c < 3; ++c) {
                        for (std::int64_t tap = 0; tap < 6; ++tap) {
                            const auto col = order == ColumnOrder::as_stored ? c * 6 + tap : tap * 3 + c;
                            sum += static_cast<double>(matrix[static_cast<std::size_t>(row * 18 + col)]) *
                                   w.f32()[static_cast<std::size_t>(((group * 2 + o) * 3 + c) * 6 + tap)];
                        }
                    }
                    const std::int64_t at = (row / places * 4 + group * 2 + o) * places + row % places;
                    ASSERT_NEAR(sum, y.f32()[static_cast<std::size_t>(at)], 1e-4);
                }
            }
        }
    }
}

/// What each output of a transposed convolution sees times the weight is the output.
TEST(Gram, WhatOutputsOfATransposedConvolutionSee) {
    Node node{.name = "t", .op = "ConvTranspose", .inputs = {"x", "w"}, .outputs = {"y"}, .attributes = {}};
    node.attributes = {{"group", std::int64_t{2}},
                       {"strides", std::vector<std::int64_t>{2, 3}},
                       {"pads", std::vector<std::int64_t>{1, 0, 0, 1}},
                       {"dilations", std::vector<std::int64_t>{2, 1}},
                       {"output_padding", std::vector<std::int64_t>{1, 0}}};
    const Tensor x = random_tensor({2, 6, 4, 3});
    const Tensor w = random_tensor({6, 2, 3, 2});  // 3 inputs and 2 outputs a group
    const Tensor* const operands[] = {&x, &w};
    const Tensor y = std::move(evaluate(node, operands)[0]);
    const std::int64_t places = y.shape()[2] * y.shape()[3];
    for (const ColumnOrder order : {ColumnOrder::as_stored, ColumnOrder::channels_within}) {
        const InputRows rows(node, w.shape(), x, order);
        ASSERT_EQ(rows.groups(), 2);
        ASSERT_EQ(rows.width(), 18);
        ASSERT_EQ(rows.count(), 2 * places);
        std::vector<float> matrix(static_cast<std::size_t>(rows.count() * 18));
        for (std::int64_t i = 0; i < 2 * rows.count() * 2; ++i) {
            const std::int64_t group = i % 2, o = i / 2 % 2, row = i / 4;
            rows.copy(group, 0, rows.count(), matrix.data(), 2);
            double sum = 0;
            for (std::int64_t j = 0; j < 18; ++j) {
                const bool is_stored = order == ColumnOrder::as_stored;
                const std::int64_t c = is_stored ? j / 6 : j % 3;
                const std::int64_t tap = is_stored ? j % 6 : j / 3;
                sum += static_cast<double>(matrix[static_cast<std::size_t>(row * 18 + j)]) *
                       w.f32()[static_cast<std::size_t>(((group * 3 + c) * 2 + o) * 6 + tap)];
            }
            const std::int64_t at = (row / places * 4 + group * 2 + o) * places + row % places;
            ASSERT_NEAR(sum, y.f32()[static_cast<std::size_t>(at)], 1e-4);
        }
    }
}

TEST(Gram, ColumnsOfWhatAWeightOnTheLeftMultiplies) {
    const Node node{.name = "m", .op = "MatMul", .inputs = {"w", "x"}, .outputs = {"y"}, .attributes = {}};
    const Tensor x = Tensor::of<float>({2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    const InputRows rows(node, {5, 2}, x, ColumnOrder::as_stored, 0);
    ASSERT_EQ(rows.count(), 6);
    std::vector<float> matrix(12);
    rows.copy(0, 0, 6, matrix.data(), 1);
    EXPECT_EQ(matrix, (std::vector<float>{1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12}));
    rows.copy(0, 2, 2, matrix.data(), 1);
    EXPECT_EQ(matrix[0], 3);
    EXPECT_EQ(matrix[2], 7);
}

TEST(Gram, OtherLayersAreNamed) {
    const Node node{.name = "emb", .op = "Gather", .inputs = {"w", "x"}, .outputs = {"y"}, .attributes = {}};
    const Tensor x(DType::f32, {2, 3});
    EXPECT_ERROR(Unsupported, "node \"emb\": calibration does not know the inputs of Gather",
                 InputRows(node, {2, 3}, x));
    const Node product{.name = "m", .op = "MatMul", .inputs = {"x", "w"}, .outputs = {"y"}, .attributes = {}};
    EXPECT_ERROR(Unsupported, "takes weights of 2 dimensions, and this one is 4x3x2",
                 InputRows(product, {4, 3, 2}, x));
}

}  // namespace
}  // namespace espalier::calibrate
