// Instruction sets x sizes x densities x misalignment x blocks and parts, against the reference in double.
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;

struct Problem {
    std::int64_t rows, columns, batch;
    double density;
    std::vector<float> w = testing::sparse_values(static_cast<std::size_t>(rows * columns), density, "w");
    std::vector<float> bias = testing::random_values(static_cast<std::size_t>(rows), "bias");
    Panels panels{batch};
    std::vector<float> x = testing::random_values(static_cast<std::size_t>(panels.size(columns)), "x");

    std::vector<double> expected(bool relu) const {
        std::vector<double> y(static_cast<std::size_t>(panels.size(rows)));
        spmm_f32_panel_reference(rows, columns, w, bias, panels, x.data(), y.data(), relu);
        return y;
    }
    Buffer computed(const PackedRows::Blocking& blocking, std::size_t misaligned, bool relu,
                    int threads) const {
        Buffer in(x, misaligned);
        Buffer out(static_cast<std::size_t>(panels.size(rows)), misaligned,
                   std::numeric_limits<float>::quiet_NaN());
        spmm_f32_panel(PackedRows(rows, columns, w, bias, blocking), panels, in.data(), out.data(), relu,
                       threads);
        return out;
    }
};

void expect_near(Buffer& got, const std::vector<double>& expected, double terms) {
    EXPECT_TRUE(got.guards_untouched());
    const double tolerance = 1e-6 * std::sqrt(terms + 1);  // terms of magnitude 1 at most
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double value = got.data()[i];
        ASSERT_NEAR(value, expected[i], tolerance) << "at " << i;
    }
}

class SpmmF32Panel : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(SpmmF32Panel, MatchesTheReference) {
    ASSERT_EQ(spmm_f32_panel_instruction_set(), GetParam());
    for (const std::int64_t rows : {1, 7, 30}) {
        for (const std::int64_t columns : {1, 5, 129, 300}) {
            for (const std::int64_t batch : {1, 8, 9, 16, 17, 33, 49, 63, 64, 65, 128, 200}) {
                for (const double density : {0.0, 0.05, 0.5, 1.0}) {
                    const Problem problem{rows, columns, batch, density};
                    const bool relu = batch % 2 == 0;
                    const auto expected = problem.expected(relu);
                    for (const int unit : {1, 4}) {
                        Buffer got = problem.computed({.block_columns = 128, .unit = unit}, 0, relu, 1);
                        SCOPED_TRACE(::testing::Message() << rows << 'x' << columns << 'x' << batch << " at "
                                                          << density << " by " << unit);
                        expect_near(got, expected, static_cast<double>(columns));
                    }
                }
            }
        }
    }
}

TEST_P(SpmmF32Panel, AnyAlignmentServes) {
    const Problem problem{19, 150, 100, 0.2};
    for (std::size_t misaligned = 0; misaligned < 16; ++misaligned) {
        Buffer got = problem.computed({.block_columns = 128}, misaligned, true, 1);
        expect_near(got, problem.expected(true), 150);
    }
}

TEST_P(SpmmF32Panel, BlocksAndEmptyRowsDoNotMatter) {
    Problem problem{40, 500, 70, 0.02};
    for (std::size_t row = 0; row < 40; row += 3) {  // a third of the rows is empty
        for (std::size_t column = 0; column < 500; ++column) problem.w[row * 500 + column] = 0.0F;
    }
    for (const std::int64_t block : {1, 3, 64, 499, 500, 65536}) {
        for (const bool relu : {false, true}) {
            Buffer got = problem.computed({.block_columns = block}, 0, relu, 1);
            expect_near(got, problem.expected(relu), 500);
        }
    }
}

TEST_P(SpmmF32Panel, ThreadsAndPartsDoNotChangeABit) {
    const std::int64_t batch = 150;
    const Problem problem{61, 400, batch, 0.1};
    Buffer one = problem.computed({.block_columns = 128}, 0, true, 1);
    for (const int threads : {2, 3, 8}) {
        for (const int parts : {1, 2, 7}) {
            Buffer many = problem.computed({.block_columns = 128, .parts = parts}, 0, true, threads);
            for (std::int64_t i = 0; i < problem.panels.size(61); ++i)
                ASSERT_EQ(one.data()[i], many.data()[i]);
        }
    }
}

TEST_P(SpmmF32Panel, ZerosAreSkipped) {
    Problem problem{2, 3, 8, 1.0};
    problem.w = {0, 1, 0, 0, 0, 0};
    problem.bias = {0, 5};
    problem.x.assign(problem.x.size(), std::numeric_limits<float>::infinity());
    for (std::size_t n = 0; n < 8; ++n) problem.x[8 + n] = 2;
    Buffer got = problem.computed({}, 0, false, 1);
    EXPECT_EQ(got.data()[0], 2.0F);
    EXPECT_EQ(got.data()[8], 5.0F);
}

INSTANTIATE_TEST_SUITE_P(Every, SpmmF32Panel, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
