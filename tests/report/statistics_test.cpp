// Against printed tables of Student's t, and made-up differences with known answers.
#include "report/findings/statistics.h"

#include <cmath>
#include <numbers>
#include <random>

#include "report/fixture.h"

namespace espalier::report {
namespace {

TEST(Student, HasTheQuantilesOfTheTables) {
    const struct {
        double probability, freedom, t;
    } table[] = {{0.975, 1, 12.706205}, {0.975, 2, 4.302653},  {0.975, 3, 3.182446},   {0.975, 4, 2.776445},
                 {0.975, 9, 2.262157},  {0.975, 30, 2.042272}, {0.975, 120, 1.979930}, {0.95, 5, 2.015048},
                 {0.995, 10, 3.169273}, {0.9, 1, 3.077684},    {0.9995, 2, 31.599055}};
    for (const auto& [probability, freedom, t] : table) {
        EXPECT_NEAR(student_quantile(probability, freedom), t, 1e-6) << probability << " " << freedom;
        EXPECT_NEAR(student_quantile(1 - probability, freedom), -t, 1e-6);
        EXPECT_NEAR(student_cdf(t, freedom), probability, 1e-7);
    }
    EXPECT_NEAR(student_quantile(0.975, 1e6), 1.959966, 1e-5) << "the normal distribution";
    EXPECT_EQ(student_cdf(0, 3), 0.5);
}

TEST(Student, HasTheClosedFormsOfOneAndTwoDegrees) {
    for (const double t : {-30.0, -1.0, 0.001, 0.3, 2.0, 1e4}) {
        EXPECT_NEAR(student_cdf(t, 1), 0.5 + std::atan(t) / std::numbers::pi, 1e-12) << t;
        EXPECT_NEAR(student_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-12) << t;
    }
}

TEST(Spread, HasASampleDeviation) {
    EXPECT_DOUBLE_EQ(spread({2, 4, 4, 4, 5, 5, 7, 9}).deviation, std::sqrt(32.0 / 7));
    EXPECT_EQ(spread({0.1, 0.1, 0.1}).deviation, 0);
    EXPECT_TRUE(std::isnan(spread({1}).deviation));
}

TEST(Interval, IsTheOneOfTheTextbook) {
    // 5 values of mean 10 and deviation 2: 10 ± 2.776 * 2 / sqrt(5)
    EXPECT_NEAR(margin_95(2, 5), 2.483328, 1e-6);
    EXPECT_TRUE(std::isnan(margin_95(2, 1)));
    EXPECT_NEAR(margin_95(1, 101), 0.197413, 1e-5) << "beyond the table held in memory";
}

TEST(Find, DecidesByTheInterval) {
    EXPECT_EQ(find({1, 0.5, 5}, 0).verdict, Verdict::above);
    EXPECT_EQ(find({-1, 0.5, 5}, 0).verdict, Verdict::below);
    EXPECT_EQ(find({0.1, 0.5, 5}, 0).verdict, Verdict::unknown);
    EXPECT_EQ(find({0.1, 0.5, 5}, 1).verdict, Verdict::matches) << "0.1 ± 0.62 lies within 1";
    EXPECT_EQ(find({0.5, 0.5, 5}, 1).verdict, Verdict::unknown) << "0.5 ± 0.62 does not";
    EXPECT_EQ(find({9, 0, 1}, 1).verdict, Verdict::unknown) << "one replicate shows nothing";
    EXPECT_EQ(find({0.3, 0, 2}, 0).verdict, Verdict::above);
    EXPECT_EQ(find({std::nan(""), 1, 5}, 1).verdict, Verdict::unknown);
}

/// Tables of paired t tests, two-sided, 5 %: the n of 80 % power at an effect of d standard deviations.
TEST(Power, IsThatOfTheTables) {
    const struct {
        double effect;
        int count;
    } table[] = {{0.2, 199}, {0.5, 34}, {0.8, 15}, {1.0, 10}, {1.2, 8}, {1.5, 6}, {2.0, 5}};
    for (const auto& [effect, count] : table) {
        EXPECT_GE(power(effect, 1, count), 0.8) << effect;
        EXPECT_LT(power(effect, 1, count - 1), 0.8) << effect;
        EXPECT_EQ(find({effect, 1, 2}, 0).needed, count) << effect;
    }
    EXPECT_NEAR(power(0, 1, 8), 0.025, 1e-6) << "without an effect, the chance of an error";
    EXPECT_EQ(power(1, 0, 3), 1);
    EXPECT_EQ(power(1, 1, 1), 0);
}

/// Made-up experiments: intervals above zero among them, as often as power() says.
TEST(Power, IsThatOfASimulation) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> values(1, 1);
    constexpr int kExperiments = 20000;
    for (const int count : {3, 10}) {
        int shown = 0;
        for (int i = 0; i < kExperiments; ++i) {
            std::vector<double> differences(static_cast<std::size_t>(count));
            for (double& value : differences) value = values(random);
            shown += find(difference(differences), 0).verdict == Verdict::above ? 1 : 0;
        }
        EXPECT_NEAR(static_cast<double>(shown) / kExperiments, power(1, 1, count), 0.015) << count;
    }
}

TEST(Find, SaysHowManyReplicatesItWouldTake) {
    EXPECT_EQ(find({1, 1, 3}, 0).needed, 10);
    EXPECT_EQ(not_shown(find({1, 1, 3}, 0)), "not shown with n = 3, needs about n = 10 (80 % power)");
    const int matching = find({0.01, 1, 3}, 1.01).needed;
    EXPECT_GE(matching, 10) << "both ends of the tolerance must hold";
    EXPECT_LE(matching, 15) << "and to show that they match is nearer than a hundredth of a deviation";
    EXPECT_EQ(not_shown(find({0, 1, 3}, 0)), "not shown with n = 3, needs more than n = 1000");
    EXPECT_EQ(not_shown(find({1, 0, 1}, 0)), "not shown with n = 1, needs n = 2 at least");
    EXPECT_EQ(find({2, 0.1, 3}, 0).needed, 0) << "it is shown";
}

}  // namespace
}  // namespace espalier::report
