// Every instruction set x types x units x sizes x densities x threads, against the plain product in double.
#include "kernels/spmv_halves_csr/spmv_halves_csr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "espalier/error.h"
#include "kernels/instruction_set.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

class SpmvHalvesCsr : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(SpmvHalvesCsr, MatchesThePlainProduct) {
    ASSERT_EQ(spmv_halves_csr_instruction_set(), GetParam());
    struct Size {
        std::size_t rows, columns;
    };
    for (const HalfType type : {HalfType::f16, HalfType::bf16}) {
        for (const auto& [rows, columns] :
             {Size{1, 1}, Size{3, 7}, Size{16, 8}, Size{37, 100}, Size{20, 768}}) {
            for (const double density : {0.0, 0.1, 0.5, 1.0}) {
                for (const int unit : {1, 16}) {
                    const auto w = testing::halves(
                        testing::blocks_of_rows(rows, columns, static_cast<std::size_t>(unit), density, "w"),
                        type);
                    const auto bias = testing::random_values(rows, "bias");
                    const SparseHalves packed(static_cast<std::int64_t>(rows),
                                              static_cast<std::int64_t>(columns), w, type, bias, unit);
                    for (const std::size_t batch : {1U, 2U}) {
                        testing::Buffer x(testing::random_values(batch * columns, "x"), 3);
                        const bool relu = rows == 37;
                        std::vector<double> expected(batch * rows);
                        spmv_f32_csr_reference(packed.rows(), packed.columns(), w, bias,
                                               static_cast<std::int64_t>(batch), x.data(), expected.data(),
                                               relu);
                        for (const int threads : {1, 3}) {
                            testing::Buffer y(expected.size(), 1, 9);
                            spmv_halves_csr(packed, static_cast<std::int64_t>(batch), x.data(), y.data(),
                                            relu, threads);
                            EXPECT_TRUE(y.guards_untouched());
                            for (std::size_t i = 0; i < expected.size(); ++i)
                                ASSERT_NEAR(y.data()[i], expected[i], 2e-5)
                                    << rows << 'x' << columns << " at " << density << ", unit " << unit;
                        }
                    }
                }
            }
        }
    }
}

TEST_P(SpmvHalvesCsr, SkipsWhatZerosWouldMultiply) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    std::vector<float> w(std::size_t{17} * 20, 0.0F);
    w[3] = 2;
    w[20 + 17] = 2;
    const std::vector<float> bias(17, 1.0F);
    for (const int unit : {1, 16}) {
        const SparseHalves packed(17, 20, w, HalfType::f16, bias, unit);
        std::vector<float> x(20, 1.0F);
        x[0] = -kInfinity;  // what fills up rows points to it
        x[3] = kInfinity;
        std::vector<float> y(17);
        spmv_halves_csr(packed, 1, x.data(), y.data(), false, 1);
        EXPECT_EQ(y[0], kInfinity);
        EXPECT_EQ(y[1], 3);
        EXPECT_EQ(y[2], 1);
        x[3] = std::numeric_limits<float>::quiet_NaN();
        spmv_halves_csr(packed, 1, x.data(), y.data(), true, 1);
        EXPECT_TRUE(std::isnan(y[0]));
        EXPECT_EQ(y[1], 3);
        EXPECT_EQ(y[16], 1);
    }
}

/// Weights that bf16 does not hold are rounded, once.
TEST_P(SpmvHalvesCsr, RoundsToBf16) {
    const std::vector<float> w = {1 + 0x1p-9F, 1 + 0x1p-7F + 0x1p-8F, -3.0F};
    const SparseHalves packed(3, 1, w, HalfType::bf16, std::vector<float>(3));
    const float one = 1;
    std::vector<float> y(3);
    spmv_halves_csr(packed, 1, &one, y.data(), false, 1);
    EXPECT_EQ(y, (std::vector<float>{1, 1 + 0x1p-6F, -3}));
}

TEST(SparseHalves, RefusesWhatItCannotHold) {
    const std::vector<float> w(6);
    EXPECT_THROW(SparseHalves(2, 4, w, HalfType::f16, std::vector<float>(2)), InvalidArgument);
    EXPECT_THROW(SparseHalves(2, 3, w, HalfType::f16, std::vector<float>(3)), InvalidArgument);
    EXPECT_THROW(SparseHalves(2, 3, w, HalfType::f16, std::vector<float>(2), 4), InvalidArgument);
    EXPECT_THROW(SparseHalves(1, 65'537, std::vector<float>(65'537), HalfType::f16, std::vector<float>(1)),
                 InvalidArgument);
}

TEST(SparseHalves, SharesHaveAboutEqualWork) {
    std::vector<float> w(std::size_t{100} * 16, 0.0F);
    for (std::size_t row = 0; row < 10; ++row)
        std::fill_n(w.begin() + static_cast<std::ptrdiff_t>(16 * row), 16, 1.0F);
    const SparseHalves packed(100, 16, w, HalfType::f16, std::vector<float>(100));
    EXPECT_EQ(packed.share_begin(0, 2), 0);
    EXPECT_EQ(packed.share_begin(1, 2), 95) << "rows with the most nonzeros come last";
    EXPECT_EQ(packed.share_begin(2, 2), 100);
    for (std::int64_t share = 0; share < 300; ++share)
        EXPECT_LE(packed.share_begin(share, 300), packed.share_begin(share + 1, 300));
}

INSTANTIATE_TEST_SUITE_P(Every, SpmvHalvesCsr, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
