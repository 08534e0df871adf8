#include "train/learning_rate.h"

#include <gtest/gtest.h>

namespace espalier::train {
namespace {

const std::vector<std::int64_t> kMilestones = {50, 75};

double at(const char* schedule, std::int64_t step) {
    return learning_rates().get(schedule).factor(
        {.step = step, .warmup = 10, .end = 110, .milestones = kMilestones, .decay = 0.1});
}

TEST(LearningRate, FollowsItsFormula) {
    EXPECT_DOUBLE_EQ(at("constant", 90), 1);
    EXPECT_DOUBLE_EQ(at("linear", 10), 1);
    EXPECT_DOUBLE_EQ(at("linear", 60), 0.5);
    EXPECT_DOUBLE_EQ(at("linear", 109), 0.01);
    EXPECT_DOUBLE_EQ(at("cosine", 10), 1);
    EXPECT_NEAR(at("cosine", 60), 0.5, 1e-12);
    EXPECT_NEAR(at("cosine", 85), 0.14644660940672624, 1e-12);  // (1 - sqrt(1/2)) / 2
    EXPECT_DOUBLE_EQ(at("steps", 49), 1);
    EXPECT_DOUBLE_EQ(at("steps", 50), 0.1);
    EXPECT_NEAR(at("steps", 75), 0.01, 1e-15);
}

TEST(LearningRate, EveryScheduleStaysBetween0And1) {
    for (const LearningRate* schedule : learning_rates()) {
        for (std::int64_t step = 10; step < 110; ++step) {
            const double factor = at(schedule->name.data(), step);
            EXPECT_GE(factor, 0) << schedule->name;
            EXPECT_LE(factor, 1) << schedule->name;
        }
    }
}

}  // namespace
}  // namespace espalier::train
