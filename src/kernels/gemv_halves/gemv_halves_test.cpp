// Every instruction set x types x sizes x places in memory x threads, against the plain product in double.
#include "kernels/gemv_halves/gemv_halves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "kernels/instruction_set.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// Random values of which the bits behind those of the type are gone.
std::vector<float> halves(std::size_t count, HalfType type) {
    std::vector<float> values = testing::halves(testing::random_values(count, "halves"), type);
    values[count / 2] = type == HalfType::f16 ? 65504.0F / 65536 : 0x1p-100F;
    values[0] = -0.0F;
    return values;
}

class GemvHalves : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(GemvHalves, MatchesThePlainProduct) {
    struct Size {
        std::int64_t rows, columns;
    };
    for (const HalfType type : {HalfType::f16, HalfType::bf16}) {
        for (const auto& [rows, columns] :
             {Size{1, 1}, Size{3, 7}, Size{7, 33}, Size{50, 100}, Size{9, 768}}) {
            const auto w = halves(static_cast<std::size_t>(rows * columns), type);
            const auto bias = testing::random_values(static_cast<std::size_t>(rows), "bias");
            const HalfRows packed(rows, columns, w, type, bias);
            for (const std::int64_t batch : {1, 2}) {
                testing::Buffer x(testing::random_values(static_cast<std::size_t>(batch * columns), "x"), 3);
                for (const bool relu : {false, true}) {
                    std::vector<double> expected(static_cast<std::size_t>(batch * rows));
                    spmv_f32_csr_reference(rows, columns, w, bias, batch, x.data(), expected.data(), relu);
                    for (const int threads : {1, 3}) {
                        testing::Buffer y(expected.size(), 1, 9);
                        gemv_halves(packed, batch, x.data(), y.data(), relu, threads);
                        EXPECT_TRUE(y.guards_untouched());
                        for (std::size_t i = 0; i < expected.size(); ++i)
                            ASSERT_NEAR(y.data()[i], expected[i], 2e-5) << rows << 'x' << columns << ' ' << i;
                    }
                }
            }
        }
    }
}

/// With one column and x = 1 an output is its weight.
TEST_P(GemvHalves, HoldsEveryNumberOfItsTypeExactly) {
    for (const HalfType type : {HalfType::f16, HalfType::bf16}) {
        std::vector<float> all;
        for (std::uint32_t bits = 0; bits < 65536; ++bits) {
            float value = std::bit_cast<float>(bits << 16);
            if (type == HalfType::f16) {
                const std::uint32_t exponent = bits >> 10 & 31U;
                const auto mantissa = static_cast<float>((bits & 1023U) + (exponent > 0 ? 1024 : 0));
                value = std::ldexp(mantissa, static_cast<int>(std::max(exponent, 1U)) - 25);
                if (exponent == 31) value = std::numeric_limits<float>::infinity();
                if (bits >> 15 != 0) value = -value;
            }
            if (std::isfinite(value)) all.push_back(value);
        }
        ASSERT_EQ(half_type_of(all), type);
        const auto rows = std::ssize(all);
        const HalfRows packed(rows, 1, all, type, std::vector<float>(all.size()));
        const float one = 1;
        std::vector<float> y(all.size());
        gemv_halves(packed, 1, &one, y.data(), false, 1);
        EXPECT_EQ(y, all);
    }
}

TEST(HalfRows, TypesOfNumbers) {
    using F = std::vector<float>;
    EXPECT_EQ(half_type_of(F{1, -0.5F, 0, -0.0F, 65504}), HalfType::f16);
    EXPECT_EQ(half_type_of(F{1, 65536}), HalfType::bf16) << "too large for f16";
    EXPECT_EQ(half_type_of(F{1, 0x1p-15F, 3 * 0x1p-24F}), HalfType::f16);
    EXPECT_EQ(half_type_of(F{1, 0x1p-25F}), HalfType::bf16);
    EXPECT_EQ(half_type_of(F{1 + 0x1p-10F, 0x1p-140F}), std::nullopt);
    EXPECT_EQ(half_type_of(F{1, 1 + 0x1p-8F, 65536}), std::nullopt) << "each has one that it cannot hold";
    EXPECT_EQ(half_type_of(F{0.1F}), std::nullopt);
    EXPECT_EQ(half_type_of(F{std::numeric_limits<float>::quiet_NaN()}), std::nullopt);
    EXPECT_EQ(half_type_of(F{std::numeric_limits<float>::infinity()}), std::nullopt);
    EXPECT_THROW(HalfRows(2, 4, F(6), HalfType::f16, F(2)), InvalidArgument);
    EXPECT_THROW(HalfRows(2, 3, F(6), HalfType::f16, F(3)), InvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Every, GemvHalves, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
