// Spreads, histograms, and how numbers are written.
#include <cmath>
#include <limits>

#include "report/figures/histogram.h"
#include "report/fixture.h"
#include "report/text.h"

namespace espalier::report {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(SpreadText, IsMeanLeastAndGreatest) {
    const Spread three = spread({3, 1, 2});
    EXPECT_EQ(three.mean, 2);
    EXPECT_EQ(three.low, 1);
    EXPECT_EQ(three.high, 3);
    EXPECT_EQ(three.count, 3);
}

TEST(SpreadText, OfNothingHasCountZero) { EXPECT_EQ(spread({}).count, 0); }

TEST(SpreadText, OfEqualValuesIsThatValue) {
    const Spread equal = spread({0.1, 0.1, 0.1});  // whose sum, divided by 3, is not 0.1
    EXPECT_EQ(equal.mean, 0.1);
    EXPECT_EQ(equal.low, 0.1);
    EXPECT_EQ(equal.high, 0.1);
}

TEST(SpreadText, DoesNotHideAReplicateThatDiverged) {
    for (const auto& values : {std::vector<double>{kNan, 1, 2}, {1, kNan, 2}, {1, 2, kNan}}) {
        EXPECT_TRUE(std::isnan(spread(values).mean));
        EXPECT_TRUE(std::isnan(spread(values).low));
        EXPECT_TRUE(std::isnan(spread(values).high));
        EXPECT_EQ(spread(values).count, 3);
    }
}

TEST(Text, WritesAccuracies) {
    EXPECT_EQ(accuracy({0.8961, 0.895, 0.8972, 2}), "89.61 % (89.50–89.72, n = 2)");
    EXPECT_EQ(accuracy({0.8961, 0.8961, 0.8961, 1}), "89.61 % (n = 1)");
    EXPECT_EQ(accuracy({kNan, kNan, kNan, 2}), "not a number (n = 2)");
    EXPECT_EQ(accuracy({}), "–");
}

TEST(Text, WritesShares) {
    EXPECT_EQ(share(1), "100.0 %");
    EXPECT_EQ(share(0.0355), "3.5 %");
    EXPECT_EQ(share(0.00423), "0.42 %");
}

TEST(Text, WritesDurationsInTheUnitThatFits) {
    EXPECT_EQ(duration(0.00612), "6.12 µs");
    EXPECT_EQ(duration(0.0612), "61.2 µs");
    EXPECT_EQ(duration(0.612), "612 µs");
    EXPECT_EQ(duration(12.34), "12.3 ms");
    EXPECT_EQ(duration(1234), "1.23 s");
    EXPECT_EQ(duration({0.061, 0.059, 1.2, 1}), "61.0 µs (59.0–1200)");
    EXPECT_EQ(duration(kNan), "–");
}

TEST(Text, WritesRatiosAndTimes) {
    EXPECT_EQ(times(0.974), "0.97×");
    EXPECT_EQ(times(1.02), "1.02×");
    EXPECT_EQ(times(7.46), "7.5×");
    EXPECT_EQ(times(23.4), "23×");
    EXPECT_EQ(elapsed(59), "59 s");
    EXPECT_EQ(elapsed(61), "1 min 1 s");
    EXPECT_EQ(elapsed(4321), "1 h 12 min");
}

TEST(Text, KeepsNumbersTogether) {
    EXPECT_EQ(unbroken("at 3.6 % left 61 µs (59–64, n = 2)"),
              "at 3.6\u00a0% left 61\u00a0µs (59\u2060–\u206064, n\u00a0=\u00a02)");
}

TEST(Text, EscapesHtml) {
    EXPECT_EQ(escape_html(R"(<a href="x" id='y'>&)"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
}

TEST(Histogram, CountsSurvivorsAndOnDemandZeros) {
    const std::vector<float> weights = {-1, -0.9F, 0, 0, 0.1F, 1};
    EXPECT_EQ(reach(weights), 1);
    EXPECT_EQ(histogram(weights, 1, 4, false).counts, (std::vector<std::int64_t>{2, 0, 1, 1}));
    EXPECT_EQ(histogram(weights, 1, 4, true).counts, (std::vector<std::int64_t>{2, 0, 3, 1}));
}

TEST(Histogram, LeavesOutAndCountsWhatIsNotFinite) {
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> weights = {std::nanf(""), infinity, -infinity, 0.5F};
    EXPECT_EQ(reach(weights), 0.5F);
    EXPECT_EQ(histogram(weights, 0.5F, 3, false).not_finite, 3);
    EXPECT_EQ(histogram(weights, 0.5F, 3, false).counts, (std::vector<std::int64_t>{0, 0, 1}));
}

TEST(Histogram, TakesALayerThatIsAllZero) {
    const std::vector<float> weights = {0, 0};
    EXPECT_EQ(histogram(weights, reach(weights), 3, true).counts, (std::vector<std::int64_t>{2, 0, 0}));
    EXPECT_EQ(rounded_up(0), 0);
}

TEST(Histogram, EndsInARoundNumberThatNothingExceeds) {
    EXPECT_FLOAT_EQ(rounded_up(0.1337F), 0.14F);
    EXPECT_FLOAT_EQ(rounded_up(1.0F), 1.0F);
    EXPECT_FLOAT_EQ(rounded_up(23.4F), 24.0F);
    for (const float value : {0.07F, 0.3F, 0.9999F, 1.1F, 5e-5F})
        EXPECT_GE(rounded_up(value), value * 0.9999999F);
}

}  // namespace
}  // namespace espalier::report
