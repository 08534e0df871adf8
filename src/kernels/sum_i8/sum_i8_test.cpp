// Every instruction set x lengths x types, against the reference.
#include "kernels/sum_i8/sum_i8.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "base/random.h"
#include "kernels/instruction_set.h"

namespace espalier::kernels {
namespace {

class SumI8 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(SumI8, MatchesTheReference) {
    ASSERT_EQ(sum_i8_instruction_set(), GetParam());
    Random random(2, "sum");
    for (const std::int64_t count : {0, 1, 15, 16, 17, 100, 1000}) {
        std::vector<std::uint8_t> a(static_cast<std::size_t>(count));
        std::vector<std::uint8_t> b(a.size());
        for (auto* each : {&a, &b}) {
            for (std::uint8_t& byte : *each) byte = static_cast<std::uint8_t>(random.uniform() * 255.99F);
        }
        for (const bool is_signed : {false, true}) {
            const ByteSum sum{.a = {is_signed, is_signed ? -7 : 100},
                              .b = {!is_signed, 3},
                              .scale_a = 0.61F,
                              .scale_b = 1.37F};
            const ByteFinish finish{.low = -90, .high = 300, .y = {is_signed, is_signed ? 0 : 128}};
            std::vector<std::uint8_t> y(a.size() + 8, 77);
            std::vector<std::uint8_t> expected(a.size());
            sum_i8(a.data(), b.data(), count, sum, finish, y.data());
            sum_i8_reference(a.data(), b.data(), count, sum, finish, expected.data());
            for (std::size_t i = 0; i < a.size(); ++i)
                ASSERT_LE(std::abs(static_cast<std::int8_t>(y[i] - expected[i])), 1) << i;
            for (std::size_t i = a.size(); i < y.size(); ++i) ASSERT_EQ(y[i], 77);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Every, SumI8, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
