// Every instruction set x shapes x types, against conv_i8_reference().
#include "kernels/depthwise_i8/depthwise_i8.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/conv_i8/byte_forms.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

class DepthwiseI8Test : public testing::ByteFormTest {};

void expect_as_reference(const ConvShape& s, const ByteQuantum& quantum, bool bytes, ByteProducts products,
                         int threads) {
    Random random(3, "depthwise");
    std::vector<std::int16_t> w(static_cast<std::size_t>(s.groups * s.taps()));
    const float width = products == ByteProducts::quads ? 255 : 510;
    for (auto& value : w) value = static_cast<std::int16_t>(std::floor(random.uniform() * width - width / 2));
    std::vector<std::uint8_t> x(static_cast<std::size_t>(s.images * s.pixels() * s.groups));
    for (auto& value : x) value = static_cast<std::uint8_t>(random.uniform() * 255.99F);
    std::vector<float> scale = testing::random_values(static_cast<std::size_t>(s.groups), "scale");
    for (float& value : scale) value *= 0.002F;
    const std::vector<float> shift = testing::random_values(static_cast<std::size_t>(s.groups), "shift");
    const ByteFinish finish{.scale = scale.data(),
                            .shift = shift.data(),
                            .low = -90,
                            .high = 60,
                            .bytes = bytes,
                            .y = {quantum.is_signed, quantum.zero / 2}};
    const auto count = static_cast<std::size_t>(s.images * s.positions() * s.groups);
    std::vector<float> got(count + 16, -7.0F);
    std::vector<float> expected(count);
    const DepthwiseI8 conv(s, std::make_shared<const DepthwiseBytes>(s, w, products), threads);
    testing::Buffer scratch(conv.scratch_bytes() / sizeof(float) + 1, 0, 0.0F);
    conv.run(x.data(), quantum, got.data(), finish, reinterpret_cast<std::byte*>(scratch.data()));
    conv_i8_reference(s, w, x.data(), quantum, expected.data(), finish);
    std::size_t differ = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (bytes) {
            const std::uint8_t one = reinterpret_cast<const std::uint8_t*>(got.data())[i];
            const std::uint8_t other = reinterpret_cast<const std::uint8_t*>(expected.data())[i];
            differ += one != other ? 1 : 0;
            ASSERT_LE(testing::byte_distance(one, other, quantum.is_signed), 1) << i;
        } else {
            ASSERT_NEAR(got[i], expected[i], 1e-4) << i;
        }
    }
    EXPECT_LE(differ, 1 + count / 1000);
    for (std::size_t i = count; i < got.size(); ++i) ASSERT_EQ(got[i], -7.0F);
}

TEST_P(DepthwiseI8Test, MatchesTheReference) {
    const ConvShape any;
    ASSERT_EQ(DepthwiseBytes(any, std::vector<std::int16_t>(1), products_).instruction_set(), GetParam());
    for (const std::int64_t channels : {1, 7, 8, 24, 50, 65, 130}) {
        ConvShape plain{.images = 2,
                        .groups = channels,
                        .input = {1, 7, 9},
                        .output = {1, 7, 9},
                        .kernel = {1, 3, 3},
                        .pad = {0, 1, 1}};
        ConvShape strided = plain;
        strided.stride = {1, 2, 2};
        strided.output = {1, 4, 5};
        ConvShape dilated = plain;
        dilated.dilation = {1, 2, 2};
        dilated.pad = {0, 2, 2};
        ConvShape wide = plain;
        wide.kernel = {1, 5, 11};
        wide.pad = {0, 2, 5};
        ConvShape bare = plain;
        bare.pad = {0, 0, 0};
        bare.output = {1, 5, 7};
        ConvShape deep = plain;
        deep.input = {3, 4, 40};
        deep.output = {3, 4, 40};
        deep.kernel = {3, 2, 3};
        deep.pad = {1, 0, 1};
        for (const ConvShape& shape : {plain, strided, dilated, wide, bare, deep}) {
            for (const bool is_signed : {false, true})
                expect_as_reference(shape, {is_signed, is_signed ? -30 : 141}, channels % 2 == 0, products_,
                                    1 + is_signed);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Every, DepthwiseI8Test, ::testing::ValuesIn(testing::byte_forms()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
