// Every instruction set x shapes x types, against the reference: sums are exact, so only a value that lies
// between two integers may be rounded to the other one.
#include "kernels/conv_i8/conv_i8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "kernels/conv_i8/byte_forms.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t count, const std::string& purpose) {
    std::vector<std::uint8_t> bytes(count);
    Random random(5, purpose);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.uniform() * 255.99F);
    return bytes;
}

/// From -255 to 255, as bytes less a zero point are; in quads those of an output are bytes less one zero
/// point.
std::vector<std::int16_t> random_weights(std::size_t count, bool extreme, ByteProducts products,
                                         std::int16_t zero = 0) {
    const bool quads = products == ByteProducts::quads;
    std::vector<std::int16_t> w(count);
    Random random(7, "w");
    for (std::int16_t& value : w) {
        const float u = random.uniform();
        value = extreme ? static_cast<std::int16_t>(u < 0.5F ? (quads ? 0 : -255) : 255)
                        : static_cast<std::int16_t>(u * 255 - 128 - zero);
    }
    return w;
}

class ConvI8Test : public testing::ByteFormTest {};

struct Case {
    ConvShape shape;
    ByteQuantum x = {}, y = {};
    bool bytes = true, extreme = false;
    ByteProducts products = ByteProducts::pairs;
    int threads = 1;
    std::int16_t zero_of_w = 0;  // off the middle, so that less of it weights are beyond 8 bits
};

void expect_as_reference(const Case& test) {
    const ConvShape& s = test.shape;
    const auto outputs = static_cast<std::size_t>(s.groups * s.outputs);
    const auto w =
        random_weights(outputs * static_cast<std::size_t>(s.columns()), test.extreme, test.products);
    const auto x =
        test.extreme
            ? std::vector<std::uint8_t>(
                  static_cast<std::size_t>(s.images * s.pixels() * s.groups * s.channels),
                  test.x.is_signed ? 127 : 255)
            : random_bytes(static_cast<std::size_t>(s.images * s.pixels() * s.groups * s.channels), "x");
    const float spread = 40.0F / std::sqrt(static_cast<float>(s.columns()) * 75 * 75 * 75 * 75);
    std::vector<float> scale = testing::random_values(outputs, "scale");
    for (float& value : scale) value *= spread;
    const std::vector<float> shift = testing::random_values(outputs, "shift");
    const ByteFinish finish{.scale = scale.data(),
                            .shift = shift.data(),
                            .low = test.bytes ? -1000.0F : -20.0F,
                            .high = test.bytes ? 60.0F : 1e30F,
                            .bytes = test.bytes,
                            .y = test.y};
    const auto count = static_cast<std::size_t>(s.images * s.positions()) * outputs;
    constexpr std::size_t kGuard = 64;
    std::vector<float> storage(count + kGuard, -7.0F);
    std::vector<float> expected(count);
    const ConvI8 conv(s, std::make_shared<const PackedBytes>(s, w, test.products), test.threads);
    std::vector<std::byte> scratch(conv.scratch_bytes() + 64);
    auto* aligned = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64) % 64;
    conv.run(x.data(), test.x, storage.data(), finish, aligned);
    conv_i8_reference(s, w, x.data(), test.x, expected.data(), finish);
    std::size_t differ = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!test.bytes) {
            ASSERT_NEAR(storage[i], expected[i], 2e-5 + 1e-6 * std::abs(static_cast<double>(expected[i])))
                << i;
            continue;
        }
        const std::uint8_t got = reinterpret_cast<const std::uint8_t*>(storage.data())[i];
        const std::uint8_t wanted = reinterpret_cast<const std::uint8_t*>(expected.data())[i];
        differ += got != wanted ? 1 : 0;
        ASSERT_LE(testing::byte_distance(got, wanted, test.y.is_signed), 1) << i;
    }
    EXPECT_LE(differ, 1 + count / 1000);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(storage.data());
    const std::vector<float> guard(1, -7.0F);
    for (std::size_t i = count * (test.bytes ? 1 : 4); i < storage.size() * 4; ++i)
        ASSERT_EQ(bytes[i], reinterpret_cast<const std::uint8_t*>(guard.data())[i % 4]);
}

TEST_P(ConvI8Test, ProductsMatchTheReference) {
    const ConvShape any;
    ASSERT_EQ(PackedBytes(any, std::vector<std::int16_t>(1), products_).instruction_set(), GetParam());
    for (const std::int64_t rows : {1, 5, 12, 13, 61}) {
        for (const std::int64_t inner : {1, 2, 7, 33, 300}) {
            for (const std::int64_t columns : {1, 15, 16, 33, 70}) {
                expect_as_reference({.shape = {.channels = inner,
                                               .outputs = columns,
                                               .input = {1, 1, rows},
                                               .output = {1, 1, rows}},
                                     .x = {false, static_cast<std::int32_t>(inner % 256)},
                                     .y = {rows == 5, rows == 5 ? -3 : 120},
                                     .products = products_});
            }
        }
    }
}

TEST_P(ConvI8Test, ConvolutionsMatchTheReference) {
    const ConvShape plain{.images = 2,
                          .channels = 5,
                          .outputs = 19,
                          .input = {1, 9, 11},
                          .output = {1, 9, 11},
                          .kernel = {1, 3, 3},
                          .pad = {0, 1, 1}};
    ConvShape strided = plain;
    strided.stride = {1, 2, 2};
    strided.output = {1, 5, 6};
    ConvShape wide = plain;  // the window is wider than the image
    wide.kernel = {1, 7, 13};
    wide.pad = {0, 3, 6};
    ConvShape dilated = plain;
    dilated.dilation = {1, 2, 3};
    dilated.pad = {0, 2, 3};
    ConvShape grouped = plain;
    grouped.groups = 3;
    ConvShape deep = plain;
    deep.input = {4, 5, 6};
    deep.kernel = {2, 3, 2};
    deep.output = {3, 5, 5};
    deep.pad = {0, 1, 0};
    for (const ConvShape& shape : {plain, strided, wide, dilated, grouped, deep}) {
        for (const bool bytes : {true, false}) {
            for (const bool is_signed : {false, true}) {
                expect_as_reference(
                    {.shape = shape,
                     .x = {is_signed, is_signed ? -5 : 130},
                     .y = {is_signed, is_signed ? -100 : 3},
                     .bytes = bytes,
                     .products = products_,
                     .threads = bytes ? 1 : 3,
                     .zero_of_w = static_cast<std::int16_t>(is_signed ? 0 : 50 - 120 * bytes)});
            }
        }
    }
}

/// Products of bytes whose sums of pairs would not fit 16 bits: 2 * 255 * 255.
TEST_P(ConvI8Test, TheLargestNumbersAreExact) {
    for (const bool is_signed : {false, true}) {
        expect_as_reference(
            {.shape = {.channels = 4096, .outputs = 20, .input = {1, 1, 7}, .output = {1, 1, 7}},
             .x = {is_signed, is_signed ? -128 : 0},
             .bytes = false,
             .extreme = true,
             .products = products_});
    }
}

/// Pixels that are read where they lie: of one tap, of all positions, between those of other groups.
TEST_P(ConvI8Test, PixelsOfManyPositionsMatchTheReference) {
    for (const std::int64_t groups : {1, 2}) {
        for (const std::int64_t positions : {49, 1030, 2051}) {
            expect_as_reference({.shape = {.groups = groups,
                                           .channels = 8,
                                           .outputs = 37,
                                           .input = {1, 1, positions},
                                           .output = {1, 1, positions}},
                                 .x = {.zero = 3},
                                 .products = products_});
        }
    }
}

/// A Clip that ends below what the bytes hold: all are the least of them.
TEST_P(ConvI8Test, BoundsBeyondTheBytes) {
    const ConvShape shape{.channels = 9, .outputs = 37, .input = {1, 1, 11}, .output = {1, 1, 11}};
    const ConvI8 conv(
        shape,
        std::make_shared<const PackedBytes>(shape, random_weights(9 * 37, false, products_), products_), 1);
    const auto x = random_bytes(9 * 11, "x");
    std::vector<float> scale(37, 0.01F), shift(37, 0.0F);
    for (const auto& [low, high, byte] : {std::tuple{-90.0F, -50.0F, 0}, std::tuple{300.0F, 400.0F, 255}}) {
        const ByteFinish finish{.scale = scale.data(), .shift = shift.data(), .low = low, .high = high};
        std::vector<std::uint8_t> y(37 * 11, 7);
        std::vector<std::byte> scratch(conv.scratch_bytes());
        conv.run(x.data(), {.zero = 3}, y.data(), finish, scratch.data());
        EXPECT_EQ(std::ranges::count(y, byte), std::ssize(y));
    }
}

/// NaN stays what it is in f32, and is the lower bound as a byte.
TEST_P(ConvI8Test, WhatIsNoNumber) {
    const ConvShape shape{.channels = 4, .outputs = 20, .input = {1, 1, 3}, .output = {1, 1, 3}};
    const ConvI8 conv(
        shape, std::make_shared<const PackedBytes>(shape, random_weights(80, false, products_), products_),
        1);
    const auto x = random_bytes(12, "x");
    std::vector<float> scale(20, 0.01F), shift(20, std::nanf(""));
    std::vector<std::byte> scratch(conv.scratch_bytes());
    const float infinity = std::numeric_limits<float>::infinity();
    ByteFinish finish{
        .scale = scale.data(), .shift = shift.data(), .low = -infinity, .high = infinity, .bytes = false};
    std::vector<float> reals(60);
    conv.run(x.data(), {}, reals.data(), finish, scratch.data());
    EXPECT_TRUE(std::ranges::all_of(reals, [](float value) { return std::isnan(value); }));
    finish.bytes = true;
    finish.y.zero = 9;
    std::vector<std::uint8_t> bytes(60, 7);
    conv.run(x.data(), {}, bytes.data(), finish, scratch.data());
    EXPECT_EQ(std::ranges::count(bytes, 0), 60);
}

TEST_P(ConvI8Test, ThreadsDoNotChangeABit) {
    const ConvShape shape{.channels = 30, .outputs = 90, .input = {1, 1, 130}, .output = {1, 1, 130}};
    const auto weights =
        std::make_shared<const PackedBytes>(shape, random_weights(30 * 90, false, products_), products_);
    const auto x = random_bytes(30 * 130, "x");
    const std::vector<float> ones(90, 1.0F);
    const ByteFinish finish{
        .scale = ones.data(), .shift = ones.data(), .low = -1e9F, .high = 1e9F, .bytes = false};
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 2, 8}) {
        const ConvI8 conv(shape, weights, threads);
        std::vector<std::byte> scratch(conv.scratch_bytes());
        results.emplace_back(90 * 130);
        conv.run(x.data(), {.zero = 9}, results.back().data(), finish, scratch.data());
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
}

INSTANTIATE_TEST_SUITE_P(Every, ConvI8Test, ::testing::ValuesIn(testing::byte_forms()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
