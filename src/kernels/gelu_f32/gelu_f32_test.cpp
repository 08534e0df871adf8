// Every instruction set x lengths x functions, against the formulas in double.
#include "kernels/gelu_f32/gelu_f32.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

constexpr GeluKind kKinds[] = {GeluKind::erf, GeluKind::gelu, GeluKind::gelu_tanh};

class GeluF32 : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(GeluF32, IsNearTheFormula) {
    ASSERT_EQ(gelu_f32_instruction_set(), GetParam());
    for (const GeluKind kind : kKinds) {
        std::vector<float> x;
        for (int i = -20'000; i <= 20'000; ++i) x.push_back(static_cast<float>(i) * 5e-4F);
        std::vector<float> y(x.size());
        gelu_f32(kind, x.data(), y.data(), std::ssize(x));
        for (std::size_t i = 0; i < x.size(); ++i)
            ASSERT_NEAR(y[i], gelu_f32_reference(kind, x[i]), 4e-7 * (1 + std::abs(x[i]))) << x[i];
    }
}

TEST_P(GeluF32, WritesNoMoreThanItIsAsked) {
    for (const GeluKind kind : kKinds) {
        for (const std::size_t count : {0, 1, 3, 7, 8, 17, 33}) {
            for (const std::size_t misaligned : {0, 1, 5}) {
                testing::Buffer values(testing::random_values(count, "gelu"), misaligned);
                const std::vector<float> x(values.data(), values.data() + count);
                gelu_f32(kind, values.data(), values.data(), static_cast<std::int64_t>(count));
                EXPECT_TRUE(values.guards_untouched());
                for (std::size_t i = 0; i < count; ++i)
                    EXPECT_NEAR(values.data()[i], gelu_f32_reference(kind, x[i]), 1e-6);
            }
        }
    }
}

TEST_P(GeluF32, TakesWhatIsNotFinite) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (const GeluKind kind : kKinds) {
        std::vector<float> x(19, 1.0F);
        x[0] = x[17] = std::numeric_limits<float>::quiet_NaN();
        x[1] = x[18] = kInfinity;
        x[2] = 1e30F;
        x[3] = -1e9F;
        x[4] = -3e38F;
        std::vector<float> y(x.size());
        gelu_f32(kind, x.data(), y.data(), std::ssize(x));
        for (const std::size_t i : {0U, 17U}) EXPECT_TRUE(std::isnan(y[i]));
        for (const std::size_t i : {1U, 18U}) EXPECT_EQ(y[i], kind == GeluKind::erf ? 1 : kInfinity);
        EXPECT_EQ(y[2], kind == GeluKind::erf ? 1 : 1e30F);
        for (const std::size_t i : {3U, 4U}) EXPECT_NEAR(y[i], kind == GeluKind::erf ? -1 : 0, 1e-6);
    }
}

INSTANTIATE_TEST_SUITE_P(Every, GeluF32, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
