#include "runtime/tuning/timing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

namespace espalier::runtime {
namespace {

Timing rounds(std::vector<double> us) { return {.rounds_us = std::move(us)}; }

TEST(Ratio, IsOfRoundsNotOfTimes) {
    // Both take three times as long in every other round: the times overlap, their quotients do not.
    const Ratio ratio =
        ratio_of(rounds({20, 60, 20, 60, 20, 60, 20, 60}), rounds({10, 30, 10, 30, 10, 30, 10, 30}));
    EXPECT_DOUBLE_EQ(ratio.median, 2);
    EXPECT_DOUBLE_EQ(ratio.low, 2);
    EXPECT_DOUBLE_EQ(ratio.high, 2);
}

TEST(Ratio, FewRoundsCountInFull) {
    const Ratio ratio = ratio_of(rounds({9, 20, 11}), rounds({10, 10, 10}));
    EXPECT_DOUBLE_EQ(ratio.median, 1.1);
    EXPECT_DOUBLE_EQ(ratio.low, 0.9);
    EXPECT_DOUBLE_EQ(ratio.high, 2);
}

TEST(Ratio, TheIntervalIsBetweenOrderStatistics) {
    std::vector<double> us;
    for (int i = 1; i <= 100; ++i) us.push_back(i);
    const Ratio ratio = ratio_of(rounds(us), rounds(std::vector<double>(100, 1)));
    EXPECT_DOUBLE_EQ(ratio.median, 50.5);
    EXPECT_DOUBLE_EQ(ratio.low, 41);  // a binomial count of 100 is in [40, 60] with 95 %
    EXPECT_DOUBLE_EQ(ratio.high, 60);
}

TEST(Ratio, OfNothingIsOne) {
    const Ratio ratio = ratio_of({}, {});
    EXPECT_EQ(ratio.low, 1);
    EXPECT_EQ(ratio.high, 1);
}

TEST(TimeInTurn, TakesAsManyRoundsOfEach) {
    const std::vector<std::function<void()>> bodies(3, [] {});
    for (const Timing& timing : time_in_turn(bodies, 0, 7)) {
        EXPECT_EQ(timing.rounds_us.size(), 7U);
        EXPECT_GE(timing.runs, 7);
    }
}

std::ptrdiff_t open_files() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

TEST(TimeOnce, LeavesNoFileOpenWhenItsThreadEnds) {
    const auto before = open_files();
    for (int i = 0; i < 5; ++i) std::thread([] { time_once([] {}); }).join();
    EXPECT_EQ(open_files(), before);
}

TEST(ColdTimes, AreOneARound) {
    int first = 0;
    int second = 0;
    const std::vector<std::function<void()>> bodies = {[&] { ++first; }, [&] { ++second; }};
    const std::vector<Timing> timings = time_cold(bodies, 4);
    ASSERT_EQ(timings.size(), 2U);
    EXPECT_EQ(first, 5);  // one before, so that what the first run makes does not count
    EXPECT_EQ(second, 5);
    for (const Timing& timing : timings) {
        EXPECT_EQ(timing.runs, 4);
        EXPECT_EQ(timing.rounds_us.size(), 4U);
        EXPECT_GE(timing.median_us, timing.low_us);
    }
}

}  // namespace
}  // namespace espalier::runtime
