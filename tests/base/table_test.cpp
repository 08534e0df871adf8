#include "base/table.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"

namespace espalier {
namespace {

struct Fruit {
    std::string_view name;
    std::string_view summary;
};

constexpr Fruit kApple{"apple", "red"};
constexpr Fruit kPear{"pear", "green"};
constexpr const Fruit* kFruits[] = {&kApple, &kPear};
constexpr Table<Fruit> kTable("fruit", "fruits", kFruits);

TEST(Table, FindsByName) {
    EXPECT_EQ(kTable.find("pear"), &kPear);
    EXPECT_EQ(kTable.find("plum"), nullptr);
    EXPECT_EQ(&kTable.get("apple"), &kApple);
    EXPECT_EQ(kTable.size(), 2U);
    EXPECT_EQ(kTable.names(), (std::vector<std::string>{"apple", "pear"}));
    EXPECT_EQ(kTable.kind(), "fruit");
    EXPECT_EQ(kTable.list(), "fruits");
}

TEST(Table, AnUnknownNameIsAnsweredWithTheNearest) {
    EXPECT_ERROR(InvalidArgument,
                 "fruit \"appel\" is not known; did you mean \"apple\"? (espalier list fruits)",
                 kTable.get("appel"));
    EXPECT_ERROR(InvalidArgument,
                 "fruit \"banana\" is not known; known are: apple, pear (espalier list fruits)",
                 kTable.get("banana"));
}

TEST(Assertion, NamesTheCondition) {
    const auto fail = [] { ESPALIER_ASSERT(1 + 1 == 3); };
    try {
        fail();
        FAIL() << "nothing was thrown";
    } catch (const InternalError& error) {
        EXPECT_NE(std::string(error.what()).find("1 + 1 == 3"), std::string::npos);
        EXPECT_NE(std::string(error.what()).find("table_test.cpp"), std::string::npos);
    }
}

}  // namespace
}  // namespace espalier
