// The headline must say what the data support, and nothing else.
#include "report/findings/claims.h"

#include <functional>

#include "report/fixture.h"

namespace espalier::report {
namespace {

std::string all_of(const Claim& claim) {
    std::string text = claim.title + " | " + claim.figure;
    for (const std::string& line : claim.lines) text += " | " + line;
    return text;
}

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

class ClaimsTest : public ReportTest {
  protected:
    enum { dense, near, speed, controls };
    std::string claim(int which) { return all_of(claims(gather(run()))[static_cast<std::size_t>(which)]); }
    Run& run() {
        if (!run_) run_ = Run::create(folder_, "recipe");
        return *run_;
    }
    /// The dense network at 90 % and levels with 200 and 30 of 1,000 weights left.
    void train(double level_1, double level_2) {
        for (int replicate = 0; replicate < 2; ++replicate) {
            run().add(stage("ticket", 0, replicate, 1000, 0.9 + 0.001 * replicate));
            run().add(stage("ticket", 1, replicate, 200, level_1 + 0.001 * replicate));
            run().add(stage("ticket", 2, replicate, 30, level_2 + 0.001 * replicate));
        }
    }

  private:
    std::optional<Run> run_;
};

TEST_F(ClaimsTest, SayThatNothingIsThereYet) {
    for (const int which : {dense, near, speed, controls}) EXPECT_HAS(claim(which), "–");
    run().add(stage("ticket", 1, 0, 200, 0.9));
    EXPECT_HAS(claim(dense), "not trained yet");
    EXPECT_HAS(claim(near), "No pruned level is trained yet");
}

TEST_F(ClaimsTest, NameTheDenseAccuracyWithRangeAndNumber) {
    train(0.9, 0.9);
    EXPECT_HAS(claim(dense), "| 89.05 % |");
    EXPECT_HAS(claim(dense), "89.05 % (89.00–89.10, n = 2)");
    EXPECT_HAS(claim(dense), "1,000 prunable weights");
}

TEST_F(ClaimsTest, ChooseTheSparsestLevelWithinHalfAPoint) {
    train(0.896, 0.895);
    EXPECT_EQ(sparsest_near_dense(gather(run()))->level, 2) << "exactly half a point below is within";
    EXPECT_HAS(claim(near), "| 3.0 % | Level 2 keeps 30 of 1,000 weights");
}

TEST_F(ClaimsTest, SkipALevelMoreThanHalfAPointBelow) {
    train(0.896, 0.8949);
    EXPECT_EQ(sparsest_near_dense(gather(run()))->level, 1);
    train(0.8, 0.7);
    EXPECT_EQ(sparsest_near_dense(gather(run())), nullptr);
    EXPECT_HAS(claim(near), "| None | At every pruned level");
}

TEST_F(ClaimsTest, ChooseByValidationAndNeverByTest) {
    train(0.9, 0.8);
    store::Stage lucky = stage("ticket", 2, 0, 30, 0.8);
    lucky.test_accuracy = lucky.best_test_accuracy = 0.99;
    run().add(lucky);
    EXPECT_EQ(sparsest_near_dense(gather(run()))->level, 1);
}

TEST_F(ClaimsTest, GiveTheMeasuredTimesOfEveryBatchSize) {
    train(0.9, 0.9);
    EXPECT_HAS(claim(speed), "No latency was measured in this run");
    run().add(latency(1, 1, 0.1, 0.2));
    EXPECT_HAS(claim(speed), "No latency was measured at level 2");
    run().add(latency(2, 1, 0.1, 0.3));
    EXPECT_HAS(claim(speed), "| 3.0× | Batch 1, 2 threads: 100 µs (90.0–120) instead of 300 µs (270–360)");
    EXPECT_HAS(claim(speed), "The exported file takes 900 B.");
    run().add(latency(2, 128, 2, 1.0));
    run().add(latency(0, 1, 0.3, 0.3));
    EXPECT_HAS(claim(speed), "0.50× to 3.0×");
    EXPECT_HAS(claim(speed),
               "2.00 ms (1.80–2.40) against 1.00 ms (0.900–1.20) on dense kernels, which is slower");
}

TEST_F(ClaimsTest, ClaimNoSpeedFromOverlappingTimes) {
    train(0.9, 0.9);
    run().add(latency(2, 1, 0.1, 0.127));
    EXPECT_HAS(claim(speed), "| No difference |");
    EXPECT_HAS(claim(speed), "against 127 µs (114–152) on dense kernels, which is no difference");
    run().add(latency(2, 128, 0.1, 0.3));
    EXPECT_HAS(claim(speed), "| No difference to 3.0× |");
}

TEST_F(ClaimsTest, SayNothingOnControlsWithoutThem) {
    train(0.9, 0.9);
    EXPECT_HAS(claim(controls), "This run has no control");
}

TEST_F(ClaimsTest, CallTheTicketBetterOnlyWhereTheIntervalSaysSo) {
    train(0.9, 0.9);
    for (int replicate = 0; replicate < 2; ++replicate)
        run().add(stage("reinitialize", 2, replicate, 30, 0.88 + 0.001 * replicate));
    EXPECT_HAS(claim(controls), "| Ticket ahead | Reinitialised with 3.0 % left: 87.05 %");
    EXPECT_HAS(claim(controls), "The ticket is better: +2.00 points (95 % interval +2.00 to +2.00, n = 2).");
    run().add(stage("random-mask", 2, 0, 30, 0.88));
    run().add(stage("random-mask", 2, 1, 30, 0.89));
    EXPECT_HAS(claim(controls), "| No clear lead |");
    EXPECT_HAS(claim(controls), "Random mask with 3.0 % left");
    EXPECT_HAS(claim(controls),
               "A difference is not shown with n = 2, needs about n = 4 (80 % power): +1.55 points");
}

TEST_F(ClaimsTest, SayThatTheTicketIsWorse) {
    train(0.9, 0.9);
    for (int replicate = 0; replicate < 2; ++replicate)
        run().add(stage("random-mask", 2, replicate, 30, 0.95 + 0.001 * replicate));
    EXPECT_HAS(claim(controls), "| Ticket behind |");
    EXPECT_HAS(claim(controls), "The ticket is worse: −5.00 points");
}

TEST_F(ClaimsTest, SayThatTheyMatch) {
    train(0.9, 0.9);
    for (int replicate = 0; replicate < 2; ++replicate)
        run().add(stage("random-mask", 2, replicate, 30, 0.9 + 0.001 * replicate));
    EXPECT_HAS(claim(controls), "| No difference |");
    EXPECT_HAS(claim(controls), "They match: +0.00 points");
}

TEST_F(ClaimsTest, ClaimNothingFromOneReplicate) {
    train(0.9, 0.9);
    run().add(stage("reinitialize", 2, 0, 30, 0.5));
    EXPECT_HAS(claim(controls), "| No clear lead |");
    EXPECT_HAS(claim(controls), "A difference is not shown with n = 1, needs n = 2 at least");
}

TEST_F(ClaimsTest, DecideAgainstDenseByTheInterval) {
    train(0.9, 0.899);
    EXPECT_HAS(claim(near), "Worse than dense: −0.10 points (95 % interval −0.10 to −0.10, n = 2).");
}

TEST_F(ClaimsTest, CompareAtAtMostFourPercentOrElseAtTheSparsestLevel) {
    train(0.9, 0.9);
    for (int replicate = 0; replicate < 2; ++replicate)
        run().add(stage("reinitialize", 1, replicate, 200, 0.8 + 0.001 * replicate));
    EXPECT_HAS(claim(controls), "with 20.0 % left");
    for (int replicate = 0; replicate < 2; ++replicate)
        run().add(stage("reinitialize", 2, replicate, 30, 0.8 + 0.001 * replicate));
    EXPECT_HAS(claim(controls), "with 3.0 % left");
    for (int replicate = 0; replicate < 2; ++replicate) {
        run().add(stage("ticket", 3, replicate, 20, 0.7));
        run().add(stage("reinitialize", 3, replicate, 20, 0.8));
    }
    EXPECT_HAS(claim(controls), "| No clear lead |");
    EXPECT_HAS(claim(controls),
               "Of the 2 levels with at most 4 % left it is ahead in this sense at 1, behind at 1.");
}

}  // namespace
}  // namespace espalier::report
