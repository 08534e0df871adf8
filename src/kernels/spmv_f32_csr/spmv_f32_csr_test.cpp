// Every instruction set x sizes x densities x blocks and parts, against the reference in double.
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;

class SpmvF32Csr : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(SpmvF32Csr, MatchesTheReference) {
    ASSERT_EQ(spmv_f32_csr_instruction_set(), GetParam());
    for (const std::int64_t rows : {1, 7, 32, 50}) {
        for (const std::int64_t columns : {1, 2, 3, 5, 129, 300}) {
            for (const std::int64_t batch : {1, 2, 3, 4, 5}) {
                for (const double density : {0.0, 0.05, 0.5, 1.0}) {
                    for (const auto& [block, unit] :
                         {std::pair{100, 1}, {65536, 1}, {100, 4}, {65536, 4}, {100, 16}, {65536, 16}}) {
                        const auto w =
                            testing::sparse_values(static_cast<std::size_t>(rows * columns), density, "w");
                        const auto bias = testing::random_values(static_cast<std::size_t>(rows), "bias");
                        Buffer x(testing::random_values(static_cast<std::size_t>(batch * columns), "x"), 1);
                        Buffer y(static_cast<std::size_t>(batch * rows), 3,
                                 std::numeric_limits<float>::quiet_NaN());
                        std::vector<double> expected(static_cast<std::size_t>(batch * rows));
                        const bool relu = rows == 7;
                        spmv_f32_csr_reference(rows, columns, w, bias, batch, x.data(), expected.data(),
                                               relu);
                        spmv_f32_csr(PackedRows(rows, columns, w, bias, {block, 1, unit}), batch, x.data(),
                                     y.data(), relu, 1);
                        EXPECT_TRUE(y.guards_untouched());
                        for (std::size_t i = 0; i < expected.size(); ++i) {
                            ASSERT_NEAR(y.data()[i], expected[i],
                                        1e-6 * std::sqrt(static_cast<double>(columns + 1)))
                                << rows << 'x' << columns << 'x' << batch << " at " << density;
                        }
                    }
                }
            }
        }
    }
}

TEST_P(SpmvF32Csr, ThreadsAndPartsDoNotChangeABit) {
    const auto w = testing::sparse_values(std::size_t{61} * 400, 0.1, "w");
    const auto bias = testing::random_values(61, "bias");
    const auto x = testing::random_values(std::size_t{3} * 400, "x");
    std::vector<float> one(std::size_t{3} * 61);
    spmv_f32_csr(PackedRows(61, 400, w, bias, {}), 3, x.data(), one.data(), true, 1);
    for (const int threads : {2, 3, 8}) {
        std::vector<float> many(one.size());
        spmv_f32_csr(PackedRows(61, 400, w, bias, {.block_columns = 128, .parts = threads}), 3, x.data(),
                     many.data(), true, threads);
        EXPECT_EQ(one, many);
    }
}

INSTANTIATE_TEST_SUITE_P(Every, SpmvF32Csr, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
