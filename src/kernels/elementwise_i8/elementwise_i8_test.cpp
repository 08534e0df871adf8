// Every instruction set x lengths x types, against the reference.
#include "kernels/elementwise_i8/elementwise_i8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "kernels/conv_i8/byte_forms.h"
#include "kernels/instruction_set.h"

namespace espalier::kernels {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes random_bytes(std::int64_t count, const char* purpose) {
    Random random(2, purpose);
    Bytes bytes(static_cast<std::size_t>(count));
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.uniform() * 255.99F);
    return bytes;
}

/// A value between two integers may be rounded to the other one; nothing is written behind.
void expect_near(const Bytes& y, const Bytes& expected, bool is_signed) {
    std::size_t differ = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        differ += y[i] != expected[i] ? 1 : 0;
        ASSERT_LE(testing::byte_distance(y[i], expected[i], is_signed), 1) << i;
    }
    EXPECT_LE(differ, 1 + expected.size() / 100);
    for (std::size_t i = expected.size(); i < y.size(); ++i) ASSERT_EQ(y[i], 77);
}

class ElementwiseI8 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(ElementwiseI8, MatchesTheReference) {
    ASSERT_EQ(elementwise_i8_instruction_set(), GetParam());
    for (const std::int64_t count : {0, 1, 15, 16, 17, 100, 1000}) {
        const Bytes a = random_bytes(count, "a"), b = random_bytes(count, "b");
        for (const bool is_signed : {false, true}) {
            const ByteQuantum of_a{is_signed, is_signed ? -7 : 100}, of_b{!is_signed, 3};
            const ByteFinish finish{.low = -90, .high = 300, .y = {is_signed, is_signed ? 0 : 128}};
            const ByteSum sum{.a = of_a, .b = of_b, .scale_a = 0.61F, .scale_b = 1.37F};
            const ByteProduct product{.a = of_a, .b = of_b, .scale = 0.0137F};
            Bytes y(a.size() + 8, 77), expected(a.size());
            sum_i8(a.data(), b.data(), count, sum, finish, y.data());
            sum_i8_reference(a.data(), b.data(), count, sum, finish, expected.data());
            expect_near(y, expected, is_signed);
            product_i8(a.data(), b.data(), count, product, finish, y.data());
            product_i8_reference(a.data(), b.data(), count, product, finish, expected.data());
            expect_near(y, expected, is_signed);
        }
    }
}

/// A Clip that ends below what the bytes hold, in whole vectors and behind them.
TEST_P(ElementwiseI8, BoundsBeyondTheBytes) {
    for (const std::int64_t count : {7, 64, 71}) {
        const Bytes a = random_bytes(count, "a");
        const ByteFinish finish{.low = -90, .high = -50};
        Bytes y(a.size(), 77);
        sum_i8(a.data(), a.data(), count, {}, finish, y.data());
        EXPECT_EQ(std::ranges::count(y, 0), count);
        product_i8(a.data(), a.data(), count, {}, finish, y.data());
        EXPECT_EQ(std::ranges::count(y, 0), count);
    }
}

INSTANTIATE_TEST_SUITE_P(Every, ElementwiseI8, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

TEST(MapBytes, LooksUpEveryByteInPlaceToo) {
    ByteTable table;
    const Bytes values = random_bytes(256, "table");
    std::copy(values.begin(), values.end(), table.begin());
    for (const std::int64_t count : {0, 1, 63, 64, 65, 1000}) {
        Bytes x = random_bytes(count, "x");
        for (std::size_t i = 0; i < std::min<std::size_t>(x.size(), 256); ++i)
            x[i] = static_cast<std::uint8_t>(i);
        Bytes y(x.size() + 8, 77);
        map_bytes(x.data(), count, table, y.data());
        for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i], table[x[i]]);
        for (std::size_t i = x.size(); i < y.size(); ++i) ASSERT_EQ(y[i], 77);
        map_bytes(x.data(), count, table, x.data());
        for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], y[i]);
    }
}

}  // namespace
}  // namespace espalier::kernels
