// Every instruction set x types x sizes x densities x places in memory x threads, against the plain product
// in double.
#include "kernels/spmv_halves_bitmap/spmv_halves_bitmap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "kernels/instruction_set.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

class SpmvHalvesBitmap : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(SpmvHalvesBitmap, MatchesThePlainProduct) {
    ASSERT_EQ(spmv_halves_bitmap_instruction_set(), GetParam());
    struct Size {
        std::int64_t rows, columns;
    };
    for (const HalfType type : {HalfType::f16, HalfType::bf16}) {
        for (const auto& [rows, columns] :
             {Size{1, 1}, Size{3, 7}, Size{5, 8}, Size{7, 33}, Size{50, 100}, Size{9, 768}}) {
            for (const double density : {0.0, 0.2, 0.5, 1.0}) {
                const auto w = testing::halves(
                    testing::sparse_values(static_cast<std::size_t>(rows * columns), density, "weights"),
                    type);
                const auto bias = testing::random_values(static_cast<std::size_t>(rows), "bias");
                const HalfBitmapRows packed(rows, columns, w, type, bias);
                for (const std::int64_t batch : {1, 2}) {
                    testing::Buffer x(testing::random_values(static_cast<std::size_t>(batch * columns), "x"),
                                      3);
                    for (const bool relu : {false, true}) {
                        std::vector<double> expected(static_cast<std::size_t>(batch * rows));
                        spmv_f32_csr_reference(rows, columns, w, bias, batch, x.data(), expected.data(),
                                               relu);
                        for (const int threads : {1, 3}) {
                            testing::Buffer y(expected.size(), 1, 9);
                            spmv_halves_bitmap(packed, batch, x.data(), y.data(), relu, threads);
                            EXPECT_TRUE(y.guards_untouched());
                            for (std::size_t i = 0; i < expected.size(); ++i)
                                ASSERT_NEAR(y.data()[i], expected[i], 2e-5)
                                    << rows << 'x' << columns << ' ' << i;
                        }
                    }
                }
            }
        }
    }
}

TEST_P(SpmvHalvesBitmap, SkipsWhatZerosWouldMultiply) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    std::vector<float> w(2 * 20, 0.0F);
    w[3] = 2;
    w[20 + 17] = 2;
    const std::vector<float> bias = {1, 1};
    const HalfBitmapRows packed(2, 20, w, HalfType::bf16, bias);
    std::vector<float> x(20, 1.0F);
    x[3] = kInfinity;
    std::vector<float> y(2);
    spmv_halves_bitmap(packed, 1, x.data(), y.data(), false, 1);
    EXPECT_EQ(y[0], kInfinity);
    EXPECT_EQ(y[1], 3);
    x[3] = std::numeric_limits<float>::quiet_NaN();
    spmv_halves_bitmap(packed, 1, x.data(), y.data(), true, 1);
    EXPECT_TRUE(std::isnan(y[0]));
    EXPECT_EQ(y[1], 3);
}

/// A weight that becomes 0 as bf16 is not there.
TEST_P(SpmvHalvesBitmap, RoundsToBf16) {
    const std::vector<float> w = {1 + 0x1p-9F, 0x1p-149F, 1 + 0x1p-7F + 0x1p-8F};
    const HalfBitmapRows packed(1, 3, w, HalfType::bf16, std::vector<float>(1));
    const std::vector<float> x = {1, 1, 16};
    float y = 0;
    spmv_halves_bitmap(packed, 1, x.data(), &y, false, 1);
    EXPECT_EQ(y, 1 + 16 * (1 + 0x1p-6F));
    const std::vector<float> infinite = {1, std::numeric_limits<float>::infinity(), 16};
    spmv_halves_bitmap(packed, 1, infinite.data(), &y, false, 1);
    EXPECT_EQ(y, 1 + 16 * (1 + 0x1p-6F));
}

TEST(HalfBitmapRows, RefusesSizesThatDoNotMatch) {
    const std::vector<float> w(6);
    EXPECT_THROW(HalfBitmapRows(2, 4, w, HalfType::f16, std::vector<float>(2)), InvalidArgument);
    EXPECT_THROW(HalfBitmapRows(2, 3, w, HalfType::f16, std::vector<float>(3)), InvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Every, SpmvHalvesBitmap, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
