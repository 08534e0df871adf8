#include "kernels/packed_rows.h"

#include <gtest/gtest.h>

#include "espalier/error.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

/// The dense matrix back from its parts.
std::vector<float> unpacked(const PackedRows& packed) {
    std::vector<float> w(static_cast<std::size_t>(packed.rows() * packed.columns()), 0.0F);
    for (const PackedRows::Part& part : packed.parts()) {
        std::size_t group = 0;
        std::size_t row = 0;
        std::size_t nonzero = 0;
        for (const PackedRows::Block& block : part.blocks) {
            for (std::uint32_t g = 0; g < block.groups; ++g, ++group) {
                for (std::uint32_t r = 0; r < part.groups[group].rows; ++r, ++row) {
                    for (std::uint32_t i = 0; i < part.groups[group].nonzeros; ++i, ++nonzero) {
                        const auto column =
                            static_cast<std::size_t>(block.first_column + part.columns[nonzero]);
                        w[part.rows[row] * static_cast<std::size_t>(packed.columns()) + column] =
                            part.values[nonzero];
                    }
                }
            }
        }
        EXPECT_EQ(row, part.rows.size());
        EXPECT_EQ(nonzero, part.values.size());
    }
    return w;
}

TEST(PackedRows, HoldsEveryNonzero) {
    for (const double density : {0.0, 0.03, 0.5, 1.0}) {
        for (const std::int64_t block : {1, 7, 128, 65536}) {
            for (const int parts : {1, 2, 5, 64}) {
                const auto w = testing::sparse_values(std::size_t{31} * 300, density, "w");
                const PackedRows packed(31, 300, w, std::vector<float>(31, 0.0F), {block, parts});
                EXPECT_EQ(unpacked(packed), w) << density << ' ' << block << ' ' << parts;
                EXPECT_LE(packed.parts().size(), static_cast<std::size_t>(parts));
            }
        }
    }
}

TEST(PackedRows, ColumnsBehind65536AreReached) {
    std::vector<float> w(100'000, 0.0F);
    w.front() = 1.0F;
    w[65'536] = 2.0F;
    w.back() = 3.0F;
    EXPECT_EQ(unpacked(PackedRows(1, 100'000, w, std::vector<float>(1, 0.0F), {.block_columns = 65'536})), w);
}

TEST(PackedRows, PartsShareTheWork) {
    std::vector<float> w(std::size_t{100} * 50, 0.0F);
    for (std::size_t i = 0; i < std::size_t{10} * 50; ++i)
        w[i] = 1.0F;  // the first 10 rows are dense, 90 empty
    const PackedRows packed(100, 50, w, std::vector<float>(100, 0.0F), {.block_columns = 128, .parts = 2});
    ASSERT_EQ(packed.parts().size(), 2U);
    EXPECT_NEAR(static_cast<double>(packed.parts()[0].rows.size()), 8.0, 2.0);
}

TEST(PackedRows, RefusesWhatDoesNotFit) {
    const std::vector<float> w(12, 1.0F);
    const std::vector<float> bias(3, 0.0F);
    EXPECT_NO_THROW(PackedRows(3, 4, w, bias, {}));
    EXPECT_THROW(PackedRows(3, 5, w, bias, {}), InvalidArgument);
    EXPECT_THROW(PackedRows(4, 3, w, bias, {}), InvalidArgument);
    EXPECT_THROW(PackedRows(0, 4, {}, {}, {}), InvalidArgument);
    EXPECT_THROW(PackedRows(-3, -4, w, bias, {}), InvalidArgument);
    EXPECT_THROW(PackedRows(std::int64_t{1} << 62, 4, w, bias, {}), InvalidArgument);
    EXPECT_THROW(PackedRows(3, 4, w, bias, {.block_columns = 0}), InvalidArgument);
    EXPECT_THROW(PackedRows(3, 4, w, bias, {.block_columns = 65'537}), InvalidArgument);
    EXPECT_THROW(PackedRows(3, 4, w, bias, {.block_columns = 4, .parts = 0}), InvalidArgument);
}

}  // namespace
}  // namespace espalier::kernels
