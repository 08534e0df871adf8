// How far outputs are apart, and where that cannot be told.
#include "tensor/apart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace espalier {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Apart of(const std::vector<float>& expected, const std::vector<float>& got) { return apart(expected, got); }

TEST(Apart, IsOfTheLargestNumberAlsoWhereThatIsEqual) {
    EXPECT_DOUBLE_EQ(of({8, -2}, {8, -1}).share, 1.0 / 8);
    EXPECT_DOUBLE_EQ(of({1, -8}, {2, -8}).share, 1.0 / 8);
    EXPECT_EQ(of({0, 0}, {0, 0}).share, 0);
    EXPECT_EQ(of({}, {}).share, 0);
}

TEST(Apart, EqualNumbersThatAreNotFiniteDoNotDiffer) {
    EXPECT_EQ(of({kNan, kInfinity, 1}, {kNan, kInfinity, 1}).share, 0);
    EXPECT_TRUE(of({kNan, kInfinity, 1}, {kNan, kInfinity, 1}).has_number);
    EXPECT_FALSE(of({kNan, kInfinity}, {kNan, kInfinity}).has_number);
}

TEST(Apart, OthersCannotBeTold) {
    EXPECT_TRUE(std::isnan(of({1, kNan}, {1, 1}).share));
    EXPECT_TRUE(std::isnan(of({1, 2}, {kNan, 1}).share));
    EXPECT_FALSE(of({1, 2}, {1, kInfinity}).share <= 1);
    EXPECT_FALSE(of({1, kInfinity}, {1, -kInfinity}).share <= 1);
}

}  // namespace
}  // namespace espalier
