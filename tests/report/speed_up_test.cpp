// A ratio that its spread does not support is no difference.
#include "report/speed_up.h"

#include "report/fixture.h"

namespace espalier::report {
namespace {

TEST(SpeedUp, IsShownWhereTheIntervalLeavesOneOut) {
    const Spread dense{2.0, 1.9, 2.2, 1};
    const SpeedUp faster = speed_up(dense, {1.0, 0.95, 1.05, 1});
    EXPECT_DOUBLE_EQ(faster.ratio, 2);
    EXPECT_DOUBLE_EQ(faster.low, 1.9 / 1.05);
    EXPECT_DOUBLE_EQ(faster.high, 2.2 / 0.95);
    EXPECT_TRUE(faster.is_shown());
    EXPECT_EQ(times(faster), "2.0×");
    EXPECT_EQ(times_with_interval(faster), "2.0× (1.81–2.3)");
    EXPECT_EQ(speed_against(faster, "dense"), "2.0× the speed of dense (1.81–2.3)");
}

/// 1.27 times as fast, say medians of one microsecond and less; nine in ten samples of both overlap.
TEST(SpeedUp, OfNoiseIsNoDifference) {
    const SpeedUp noise = speed_up({0.00140, 0.00105, 0.0016, 1}, {0.0011, 0.00092, 0.0015, 1});
    EXPECT_GT(noise.ratio, 1.2);
    EXPECT_FALSE(noise.is_shown());
    EXPECT_EQ(times(noise), "no difference");
    EXPECT_EQ(times_with_interval(noise), "no difference (0.70–1.74×)");
    EXPECT_EQ(speed_against(noise, "dense"), "no difference to dense (0.70–1.74× its speed)");
    EXPECT_EQ(to_json(noise)["shown"], false);
}

TEST(SpeedUp, OfALatencyIsTheMeasuredIntervalWhereThereIsOne) {
    store::Latency one = latency(1, 1, 0.1, 0.127);
    EXPECT_FALSE(speed_up_of(one).is_shown()) << "by the percentiles";
    one.speedup_low = 1.2;
    one.speedup_high = 1.34;
    EXPECT_EQ(times_with_interval(speed_up_of(one)), "1.27× (1.20–1.34)");
}

TEST(SpeedUp, SaysSlower) {
    const SpeedUp slower = speed_up({1.0, 0.9, 1.1, 1}, {2.0, 1.8, 2.4, 1});
    EXPECT_TRUE(slower.is_shown());
    EXPECT_EQ(speed_against(slower, "dense"), "0.50× the speed of dense (0.38–0.61, slower)");
}

TEST(SpeedUp, OfReplicatesReachesOverAllOfThem) {
    const SpeedUp all = over_replicates({{2, 1.8, 2.2}, {1.2, 0.9, 1.4}});
    EXPECT_DOUBLE_EQ(all.ratio, 1.6);
    EXPECT_EQ(all.low, 0.9);
    EXPECT_EQ(all.high, 2.2);
    EXPECT_FALSE(all.is_shown()) << "one of two replicates shows none";
    EXPECT_EQ(times(over_replicates({})), "–");
}

}  // namespace
}  // namespace espalier::report
