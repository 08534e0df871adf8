// Against conv_i8, which it has to agree with to the bit.
#include "kernels/conv_i8_quads/conv_i8_quads.h"

#include <gtest/gtest.h>

#include <cmath>

#include "espalier/error.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t count) {
    std::vector<std::uint8_t> bytes(count);
    Random random(5, "x");
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.uniform() * 255.99F);
    return bytes;
}

/// [outputs][taps][channels] of all groups, of whose blocks of `rows` and 4 channels so many are left.
std::vector<std::int16_t> weights_in_blocks(const ConvShape& s, std::int64_t rows, float density) {
    std::vector<std::int16_t> w(static_cast<std::size_t>(s.groups * s.outputs * s.columns()));
    Random random(7, "w");
    std::vector<bool> left(static_cast<std::size_t>(s.taps() * quads_of(s.channels)));
    for (std::int64_t o = 0; o < s.groups * s.outputs; ++o) {
        if (o % s.outputs % rows == 0) {
            for (std::size_t i = 0; i < left.size(); ++i) left[i] = random.uniform() < density;
        }
        for (std::int64_t k = 0; k < s.columns(); ++k) {
            const std::int64_t quad = k / s.channels * quads_of(s.channels) + k % s.channels / 4;
            const auto value = static_cast<std::int16_t>(random.uniform() * 255.99F - 128);
            w[static_cast<std::size_t>(o * s.columns() + k)] =
                left[static_cast<std::size_t>(quad)] ? value : std::int16_t{0};
        }
    }
    return w;
}

struct Case {
    ConvShape shape;
    ByteQuantum x = {}, y = {};
    bool bytes = true;
    float density = 0.3F;
    int threads = 1;
};

std::vector<std::byte> run_quads(const Case& test, const std::vector<std::int16_t>& w, int unit,
                                 const std::vector<std::uint8_t>& x, const ByteFinish& finish) {
    const ConvShape& s = test.shape;
    const auto of_group = static_cast<std::size_t>(s.outputs * s.columns());
    std::vector<std::shared_ptr<const ByteQuads>> groups;
    for (std::int64_t group = 0; group < s.groups; ++group) {
        const auto part = std::span(w).subspan(static_cast<std::size_t>(group) * of_group, of_group);
        groups.push_back(std::make_shared<const ByteQuads>(s, part, unit));
    }
    const ConvI8Quads conv(s, std::move(groups), test.threads);
    std::vector<std::byte> scratch(conv.scratch_bytes() + 64);
    auto* aligned = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64) % 64;
    const auto count = static_cast<std::size_t>(s.images * s.positions() * s.groups * s.outputs);
    std::vector<std::byte> y(count * (test.bytes ? 1 : 4));
    conv.run(x.data(), test.x, y.data(), finish, aligned);
    return y;
}

void expect_as_conv_i8(const Case& test, int unit) {
    const ConvShape& s = test.shape;
    const auto outputs = static_cast<std::size_t>(s.groups * s.outputs);
    const auto w = weights_in_blocks(s, unit, test.density);
    const auto x = random_bytes(static_cast<std::size_t>(s.images * s.pixels() * s.groups * s.channels));
    std::vector<float> scale = testing::random_values(outputs, "scale");
    for (float& value : scale) value *= 40.0F / (75.0F * 75.0F * std::sqrt(static_cast<float>(s.columns())));
    const std::vector<float> shift = testing::random_values(outputs, "shift");
    const ByteFinish finish{.scale = scale.data(),
                            .shift = shift.data(),
                            .low = test.bytes ? -1000.0F : -20.0F,
                            .high = test.bytes ? 60.0F : 1e30F,
                            .bytes = test.bytes,
                            .y = test.y};
    const auto got = run_quads(test, w, unit, x, finish);

    const ConvI8 plain(s, std::make_shared<const PackedBytes>(s, w), 1);
    std::vector<std::byte> scratch(plain.scratch_bytes() + 64);
    auto* aligned = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64) % 64;
    std::vector<std::byte> expected(got.size());
    plain.run(x.data(), test.x, expected.data(), finish, aligned);
    EXPECT_TRUE(got == expected) << "groups of " << unit << " rows, " << s.channels << " channels";
}

class ConvI8QuadsTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (byte_units().empty()) GTEST_SKIP() << "this processor has no products of 4 bytes";
    }
};

TEST_F(ConvI8QuadsTest, ProductsAreThoseOfConvI8) {
    for (const ByteUnit processor : byte_units()) {
        for (const int unit : rows_of(processor)) {
            for (const std::int64_t rows : {1, 40, 129}) {
                for (const std::int64_t inner : {3, 64, 301}) {
                    for (const std::int64_t columns : {1, 16, 70}) {
                        const ConvShape shape{.channels = inner,
                                              .outputs = columns,
                                              .input = {1, 1, rows},
                                              .output = {1, 1, rows}};
                        expect_as_conv_i8({.shape = shape,
                                           .x = {inner == 64, inner == 64 ? -7 : 117},
                                           .y = {rows == 40, rows == 40 ? -3 : 120},
                                           .bytes = columns != 16},
                                          unit);
                    }
                }
            }
        }
    }
}

TEST_F(ConvI8QuadsTest, ConvolutionsAreThoseOfConvI8) {
    const ConvShape plain{.images = 2,
                          .channels = 13,
                          .outputs = 19,
                          .input = {1, 9, 11},
                          .output = {1, 9, 11},
                          .kernel = {1, 3, 3},
                          .pad = {0, 1, 1}};
    ConvShape strided = plain;
    strided.stride = {1, 2, 2};
    strided.output = {1, 5, 6};
    ConvShape dilated = plain;
    dilated.dilation = {1, 2, 3};
    dilated.pad = {0, 2, 3};
    ConvShape grouped = plain;
    grouped.groups = 3;
    grouped.outputs = 40;
    ConvShape deep = plain;
    deep.input = {4, 5, 6};
    deep.kernel = {2, 3, 2};
    deep.output = {3, 5, 5};
    deep.pad = {0, 1, 0};
    for (const ByteUnit processor : byte_units()) {
        for (const int unit : rows_of(processor)) {
            for (const ConvShape& shape : {plain, strided, dilated, grouped, deep}) {
                for (const bool is_signed : {false, true}) {
                    expect_as_conv_i8({.shape = shape,
                                       .x = {is_signed, is_signed ? -5 : 130},
                                       .y = {is_signed, is_signed ? -100 : 3},
                                       .bytes = is_signed,
                                       .threads = is_signed ? 3 : 1},
                                      unit);
                }
            }
        }
    }
}

TEST_F(ConvI8QuadsTest, TheLargestNumbersAndNoneAtAll) {
    for (const ByteUnit processor : byte_units()) {
        for (const int unit : rows_of(processor)) {
            const ConvShape shape{.channels = 2048, .outputs = 20, .input = {1, 1, 7}, .output = {1, 1, 7}};
            for (const float density : {0.0F, 1.0F})
                expect_as_conv_i8({.shape = shape, .bytes = false, .density = density}, unit);
            const std::vector<std::int16_t> least(20 * 2048, -128);
            const std::vector<std::uint8_t> most(7 * 2048, 255);
            const std::vector<float> ones(20, 1.0F);
            const ByteFinish finish{
                .scale = ones.data(), .shift = ones.data(), .low = -1e9F, .high = 1e9F, .bytes = false};
            const auto y = run_quads({.shape = shape, .bytes = false}, least, unit, most, finish);
            EXPECT_EQ(reinterpret_cast<const float*>(y.data())[139], -128.0F * 255 * 2048 + 1);
        }
    }
}

TEST(ByteQuads, KeepsWhatAnyRowOfAGroupHas) {
    const ConvShape shape{
        .channels = 6, .outputs = 5, .input = {1, 1, 9}, .output = {1, 1, 9}, .kernel = {1, 1, 2}};
    std::vector<std::int16_t> w(5 * 12, 0);
    w[3 * 12 + 1] = 7;       // row 3: tap 0, channel 1
    w[0 * 12 + 6 + 5] = -2;  // row 0: tap 1, channel 5
    const ByteQuads quads(shape, w, 4);
    EXPECT_EQ(quads.quads(), (std::vector<std::int32_t>{0, 3}));
    ASSERT_EQ(quads.groups().size(), 2U);
    EXPECT_EQ(quads.groups()[1].quads, 0);
    EXPECT_EQ(quads.values()[3 * 4 + 1], 7);
    EXPECT_EQ(quads.values()[16 + 1], -2);
    EXPECT_EQ(quads.sums(), (std::vector<std::int32_t>{-2, 0, 0, 7, 0}));
    EXPECT_DOUBLE_EQ(ByteQuads::share(shape, w, 4), 0.25);
}

TEST(ByteQuads, RefusesWhatDoesNotFit) {
    const ConvShape shape{.channels = 4, .outputs = 4, .input = {1, 1, 1}, .output = {1, 1, 1}};
    std::vector<std::int16_t> w(16, 1);
    EXPECT_THROW(ByteQuads(shape, w, 5), InvalidArgument);
    w[3] = 128;
    EXPECT_FALSE(ByteQuads::fit(w));
    EXPECT_THROW(ByteQuads(shape, w, 8), InvalidArgument);
}

}  // namespace
}  // namespace espalier::kernels
