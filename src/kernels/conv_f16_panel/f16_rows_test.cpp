// Scales of rows, and weights that f16 cannot hold.
#include "kernels/conv_f16_panel/f16_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/halves.h"
#include "espalier/error.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(F16Rows, RunsAddUpToAtMost128) {
    for (const float scale : {1e-20F, 1e-3F, 1.0F, 50.0F}) {
        std::vector<float> w = testing::sparse_values(std::size_t{5} * 300, 0.7, "w");
        for (float& value : w) value *= scale;
        const PackedRows packed(5, 300, w, testing::random_values(5, "bias"), {.block_columns = 200});
        const F16Rows rows(packed);
        EXPECT_EQ(rows.most_columns(), 150);
        std::size_t row = 0, value = 0;
        float most = 0;
        for (const PackedRows::Group& group : rows.groups()) {
            for (std::uint32_t i = 0; i < group.rows; ++i, ++row) {
                float run = 0;
                for (std::uint32_t k = 0; k < group.nonzeros; ++k, ++value) {
                    const float got = from_f16(static_cast<std::uint16_t>(rows.values()[value])) *
                                      rows.worth()[rows.order()[row]];
                    const float given = packed.parts().front().values[value];
                    EXPECT_NEAR(got, given, std::abs(given) / 2048 + scale * 1e-7F);
                    EXPECT_EQ(rows.values()[value] >> 16, rows.values()[value] & 0xFFFF);
                    run = (k % F16Rows::kRun == 0 ? 0 : run) +
                          std::abs(from_f16(static_cast<std::uint16_t>(rows.values()[value])));
                    most = std::max(most, run);
                }
            }
        }
        EXPECT_GE(most, 63.9F);
        EXPECT_LE(most, 128.1F);
    }
}

TEST(F16Rows, RefusesWhatIsOutOfReach) {
    const std::vector<float> bias(1, 0.0F);
    const auto rows = [&](std::vector<float> w) {
        return PackedRows(1, std::ssize(w), w, bias, PackedRows::Blocking{});
    };
    EXPECT_TRUE(F16Rows::holds(rows({1, -16382})));
    for (const float value : {16384.0F, kInfinity, -kInfinity, kNaN}) {
        EXPECT_FALSE(F16Rows::holds(rows({1, value, 2})));
        EXPECT_THROW(F16Rows(rows({1, value, 2})), InvalidArgument);
        std::vector<float> many(200, 1.0F);  // in the first of several runs and blocks
        many[0] = value;
        EXPECT_FALSE(F16Rows::holds(rows(many)));
    }
    const std::vector<float> four(4, 1.0F);
    EXPECT_THROW(F16Rows(PackedRows(4, 1, four, four, {.unit = 4})), InvalidArgument);
}

}  // namespace
}  // namespace espalier::kernels
