#include "base/text/nearest.h"

#include <gtest/gtest.h>

namespace espalier {
namespace {

TEST(Nearest, EditDistance) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("abc", ""), 3U);
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
    EXPECT_EQ(edit_distance("magnitud", "magnitude"), 1U);
    EXPECT_EQ(edit_distance("abc", "abc"), 0U);
    EXPECT_EQ(edit_distance("ab", "ba"), 2U);
}

const std::vector<std::string> kKnown = {"magnitude", "random", "gradient"};

TEST(Nearest, FindsTyposOnly) {
    EXPECT_EQ(nearest("magnitud", kKnown), "magnitude");
    EXPECT_EQ(nearest("radnom", kKnown), "random");
    EXPECT_EQ(nearest("magnitude", kKnown), "magnitude");
    EXPECT_EQ(nearest("hessian", kKnown), "");
    EXPECT_EQ(nearest("", kKnown), "");
    EXPECT_EQ(nearest("x", {}), "");
}

TEST(Nearest, TheFirstOfEquallyNearWins) {
    EXPECT_EQ(nearest("ac", std::vector<std::string>{"ab", "ad"}), "ab");
}

TEST(Nearest, Hint) {
    EXPECT_EQ(unknown_hint("magnitud", kKnown), " is not known; did you mean \"magnitude\"?");
    EXPECT_EQ(unknown_hint("hessian", kKnown), " is not known; known are: magnitude, random, gradient");
    EXPECT_EQ(unknown_hint("hessian", {}), " is not known: there are none");
}

}  // namespace
}  // namespace espalier
