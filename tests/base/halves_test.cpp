// f16 and bf16: to the nearest, ties to even, and back.
#include "base/halves.h"

#include <gtest/gtest.h>

namespace espalier {
namespace {

TEST(Halves, RoundToTheNearest) {
    EXPECT_EQ(to_f16(0.0F), 0);
    EXPECT_EQ(to_f16(-0.0F), 0x8000);
    EXPECT_EQ(to_f16(1.0F), 0x3C00);
    EXPECT_EQ(to_f16(1 + 0x1p-11F), 0x3C00);  // in the middle: to the even one
    EXPECT_EQ(to_f16(1 + 3 * 0x1p-11F), 0x3C02);
    EXPECT_EQ(to_f16(-1.9999F), 0xC000);
    EXPECT_EQ(to_f16(65504.0F), 0x7BFF);
    EXPECT_EQ(to_f16(0x1p-14F), 0x0400);
    EXPECT_EQ(to_f16(0x1p-24F), 0x0001);
    EXPECT_EQ(to_f16(0x1p-26F), 0x0000);
    EXPECT_EQ(to_bf16(1 + 0x1p-8F), 0x3F80);
    EXPECT_EQ(to_bf16(1 + 3 * 0x1p-8F), 0x3F82);
}

TEST(Halves, EveryFiniteNumberComesBack) {
    for (unsigned bits = 0; bits < 0x7C00; ++bits) {
        for (const unsigned sign : {0U, 0x8000U}) {
            const auto half = static_cast<std::uint16_t>(sign | bits);
            ASSERT_EQ(to_f16(from_f16(half)), half);
            ASSERT_EQ(to_bf16(from_bf16(half)), half);
        }
    }
}

}  // namespace
}  // namespace espalier
