#include "store/tables/control_fact.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace espalier::store {
namespace {

TEST(ControlFact, IsReadAsItWasLeftAndInOrder) {
    const std::vector<ControlFact> left = {{"shuffled-mask", "Shuffled mask", 12, Chance::mask},
                                           {"reinitialize", "Reinitialised", 1, Chance::weights},
                                           {"early-bird", "Early bird", 17, Chance::nothing}};
    std::map<std::string, std::string> facts = {
        {"contro", "1 mask A"}, {"dataset", "blobs"}, {"network", "n"}};
    for (const ControlFact& control : left) facts.insert(to_fact(control));
    const std::vector<ControlFact> read = controls_of(facts);
    ASSERT_EQ(read.size(), 3U);
    EXPECT_EQ(read[0].name, "reinitialize");
    EXPECT_EQ(read[0].label, "Reinitialised");
    EXPECT_EQ(read[0].chance, Chance::weights);
    EXPECT_EQ(read[1].name, "shuffled-mask");
    EXPECT_EQ(read[1].chance, Chance::mask);
    EXPECT_EQ(read[2].position, 17);
}

TEST(ControlFact, RunsOfTheFirstVersionHaveItsControls) {
    const std::vector<ControlFact> controls = controls_of({{"network", "lenet-300-100"}});
    EXPECT_EQ(controls.size(), 11U);
    EXPECT_EQ(controls.front().name, "reinitialize");
    EXPECT_EQ(std::ranges::find(controls, "random-mask", &ControlFact::name)->label, "Random mask");
}

TEST(ControlFact, WhatCannotBeReadIsLeftOut) {
    EXPECT_EQ(controls_of({{"control a", "x"}, {"control b", "3 mask B"}, {"control c", "3 luck C"}}).size(),
              1U);
}

}  // namespace
}  // namespace espalier::store
