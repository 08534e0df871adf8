// What reports say of the controls of version 0.1.0 is what the controls say of themselves.
#include <gtest/gtest.h>

#include "lottery/control.h"

namespace espalier::lottery {
namespace {

TEST(ControlFacts, OfTheFirstVersionAgreeWithTheTable) {
    for (const store::ControlFact& fact : store::controls_of({})) {
        const Control& control = controls().get(fact.name);
        EXPECT_EQ(fact.label, control.label);
        EXPECT_EQ(fact.position, control.position) << fact.name;
        EXPECT_EQ(fact.chance, control.chance) << fact.name;
    }
    for (const Control* control : controls()) {
        EXPECT_FALSE(control->label.empty()) << control->name;
        EXPECT_GT(control->position, 0) << control->name;
    }
}

}  // namespace
}  // namespace espalier::lottery
