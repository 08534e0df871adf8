// Instruction sets x sizes x densities x misalignment x threads, against the reference in double.
#include "kernels/sddmm_f32_panel/sddmm_f32_panel.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;

RowPattern pattern_of(std::int64_t rows, std::int64_t columns, double density) {
    const auto values = testing::sparse_values(static_cast<std::size_t>(rows * columns), density, "pattern");
    RowPattern pattern;
    pattern.columns = columns;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t column = 0; column < columns; ++column) {
            if (values[static_cast<std::size_t>(row * columns + column)] != 0)
                pattern.at.push_back(static_cast<std::uint32_t>(column));
        }
        pattern.starts.push_back(static_cast<std::uint32_t>(pattern.at.size()));
    }
    return pattern;
}

/// Random values, zero in the lanes behind the batch.
std::vector<float> matrix_of(const Panels& panels, std::int64_t features, const char* name) {
    auto values = testing::random_values(static_cast<std::size_t>(panels.size(features)), name);
    for (std::int64_t panel = 0; panel < panels.count(); ++panel) {
        for (std::int64_t feature = 0; feature < features; ++feature) {
            for (std::int64_t lane = panels.rows(panel); lane < panels.width(panel); ++lane)
                values[static_cast<std::size_t>(Panels::start(panel, features) +
                                                feature * panels.width(panel) + lane)] = 0;
        }
    }
    return values;
}

class SddmmF32Panel : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(SddmmF32Panel, MatchesTheReference) {
    ASSERT_EQ(sddmm_f32_panel_instruction_set(), GetParam());
    for (const std::int64_t rows : {1, 5, 40}) {
        for (const std::int64_t columns : {1, 17, 130}) {
            for (const std::int64_t batch : {1, 8, 9, 16, 33, 49, 64, 65, 128, 200}) {
                for (const double density : {0.0, 0.1, 0.6, 1.0}) {
                    const RowPattern pattern = pattern_of(rows, columns, density);
                    const Panels panels{batch};
                    const std::size_t misaligned = static_cast<std::size_t>(batch % 3);
                    Buffer a(matrix_of(panels, rows, "a"), misaligned);
                    Buffer b(matrix_of(panels, columns, "b"), misaligned);
                    std::vector<double> expected(pattern.at.size());
                    sddmm_f32_panel_reference(pattern, panels, a.data(), b.data(), expected.data());
                    for (const int threads : {1, 3}) {
                        Buffer g(pattern.at.size(), misaligned, std::numeric_limits<float>::quiet_NaN());
                        sddmm_f32_panel(pattern, panels, a.data(), b.data(), g.data(), threads);
                        ASSERT_TRUE(g.guards_untouched());
                        for (std::size_t i = 0; i < expected.size(); ++i) {
                            ASSERT_NEAR(g.data()[i], expected[i],
                                        1e-6 * std::sqrt(static_cast<double>(batch) + 1))
                                << rows << "x" << columns << " batch " << batch << " density " << density
                                << " at " << i;
                        }
                    }
                }
            }
        }
    }
}

TEST_P(SddmmF32Panel, DoesNotDependOnThreads) {
    const RowPattern pattern = pattern_of(50, 70, 0.3);
    const Panels panels{100};
    Buffer a(matrix_of(panels, 50, "a"), 0);
    Buffer b(matrix_of(panels, 70, "b"), 0);
    std::vector<float> one(pattern.at.size());
    std::vector<float> four(pattern.at.size());
    sddmm_f32_panel(pattern, panels, a.data(), b.data(), one.data(), 1);
    sddmm_f32_panel(pattern, panels, a.data(), b.data(), four.data(), 4);
    EXPECT_EQ(one, four);
}

INSTANTIATE_TEST_SUITE_P(Every, SddmmF32Panel, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
