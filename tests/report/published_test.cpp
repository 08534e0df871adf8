// Claims on made-up runs with known answers.
#include "report/findings/published.h"

#include <cmath>

#include "report/fixture.h"

namespace espalier::report {
namespace {

constexpr const char* kRecipe = R"([retrain]
to = "0it"

[arms.one-shot]
prune.one_shot = true
[arms.late]
retrain.to = "500it"
[arms.rate]
retrain.mode = "rewind-learning-rate"
[arms.tuned]
retrain.mode = "fine-tune"
)";

class PublishedTest : public ReportTest {
  protected:
    Run& run() {
        if (!run_) run_ = Run::create(folder_, kRecipe);
        return *run_;
    }
    /// Levels with 200, 135, 83, 50 and 20 of 1,000 weights; `gain` over dense, whose replicates lie 0.1
    /// points apart; `noise` alternates in sign between replicates.
    void train(const std::string& arm, double gain, double noise = 0.0001, int replicates = 3) {
        int level = 0;
        for (const std::int64_t left : {1000, 200, 135, 83, 50, 20}) {
            for (int replicate = 0; replicate < replicates; ++replicate) {
                const double apart = 0.001 * replicate + noise * (replicate % 2 == 0 ? 1 : -1);
                store::Stage one = stage(arm, level, replicate, left, 0.9 + apart + (level > 0 ? gain : 0));
                one.best_step = 5000 + 10 * replicate - (level > 0 ? 1000 : 0);
                run().add(one);
            }
            ++level;
        }
    }
    void barrier(int level, double height, int replicates = 3) {
        for (int replicate = 0; replicate < replicates; ++replicate) {
            store::Stability one{"stability", level, replicate, 0, {}};
            for (const auto& [alpha, up] : {std::pair{0.0, 0.0}, {0.5, 1.0}, {1.0, 0.0}})
                one.points.push_back({alpha, 0.1, 0.1 + up * (height + 0.0001 * replicate)});
            run().add(one);
        }
    }
    Published of(std::string_view beginning) {
        for (Published& one : published(gather(run()))) {
            if (one.claim.starts_with(beginning)) return one;
        }
        ADD_FAILURE() << beginning;
        return {};
    }
    std::string verdict(std::string_view beginning) { return of(beginning).verdict(); }

  private:
    std::optional<Run> run_;
};

TEST_F(PublishedTest, SayWhatIsMissing) {
    EXPECT_EQ(verdict("A ticket with about 20 %"), "not tested");
    train("ticket", 0);
    EXPECT_EQ(of("Reinitialised").parts.front().text, "needs the control \"reinitialize\"");
    EXPECT_EQ(of("One-shot").parts.front().text, "needs an arm with prune.one_shot = true");
    EXPECT_EQ(of("Rewinding to a later").parts.front().text, "needs an arm with retrain.to above 0");
    EXPECT_EQ(of("Rewinding the learning").parts.front().text,
              "needs an arm with retrain.mode = \"rewind-learning-rate\"");
    EXPECT_EQ(of("12 times").parts.front().text, "needs an arm with retrain.mode = \"fine-tune\"");
    EXPECT_EQ(verdict("The network is stable"), "not tested");
}

TEST_F(PublishedTest, HoldWhereTheIntervalDecides) {
    train("ticket", 0.002);
    train("reinitialize", -0.01, 0.0002);
    train("random-mask", -0.03, 0.0003);
    train("one-shot", -0.005, 0.0002);
    train("late", 0.006, 0.0002);
    train("rate", 0.002, 0.0001);
    train("tuned", 0.001, 0.0002);
    train("signs-and-norms", 0.0018, 0.0001);
    train("other-mask", -0.02, 0.0002);
    train("matched-mask", -0.005, 0.0001);
    train("single-cycle", 0.0021, 0.0002);
    barrier(0, 0.004);
    for (const Published& one : published(gather(run()))) {
        if (one.source == "Zhou et al. 2019") continue;
        EXPECT_EQ(one.verdict(), "holds") << one.claim << ": " << one.parts.front().text;
    }
    EXPECT_TRUE(
        of("A ticket with 13.5 %").parts.front().text.starts_with("Ticket at 13.5 % − dense: +0.20 points"));
    EXPECT_EQ(of("Ticket > reinit").parts.size(), 2U);
}

TEST_F(PublishedTest, DoNotHoldWhereTheIntervalSaysTheContrary) {
    train("ticket", -0.02);
    train("reinitialize", 0.01, 0.0002);
    train("one-shot", -0.02, 0.0001);
    train("signs-and-norms", -0.06, 0.0001);
    train("other-mask", -0.02, 0.0002);
    train("matched-mask", -0.03, 0.0001);
    train("single-cycle", -0.05, 0.0002);
    barrier(0, 0.3);
    EXPECT_EQ(verdict("A mask with the signs"), "does not hold");
    EXPECT_EQ(verdict("A mask serves another"), "does not hold");
    EXPECT_EQ(verdict("Pruned gradually"), "does not hold");
    EXPECT_EQ(verdict("A ticket with 13.5 %"), "does not hold");
    EXPECT_EQ(verdict("Reinitialised"), "does not hold");
    EXPECT_EQ(verdict("One-shot"), "does not hold") << "they match";
    EXPECT_EQ(verdict("The network is stable"), "does not hold");
}

TEST_F(PublishedTest, AreNotShownWithTooMuchNoise) {
    train("ticket", 0.002);
    train("reinitialize", 0, 0.002);
    const std::string verdict_now = verdict("Reinitialised");
    EXPECT_TRUE(verdict_now.starts_with("not shown with n = 3, needs about n = ")) << verdict_now;
    train("one-shot", -0.02, 0, 1);
    EXPECT_EQ(verdict("One-shot"), "not shown with n = 1, needs n = 2 at least");
}

TEST_F(PublishedTest, AverageLevelsOfEachReplicate) {
    train("ticket", 0.002);
    train("one-shot", -0.005, 0.0001);
    const Experiment experiment = gather(run());
    const std::vector<int> levels =
        common_levels(*experiment.ticket(), *experiment.find_arm("one-shot"), 0.05);
    EXPECT_EQ(levels, (std::vector<int>{4, 5}));
    const Difference all =
        paired(*experiment.ticket(), *experiment.find_arm("one-shot"), levels, test_accuracy);
    EXPECT_EQ(all.count, 3);
    EXPECT_NEAR(all.mean, 0.007, 1e-9);
    EXPECT_NEAR(all.deviation, 0, 1e-9);
}

}  // namespace
}  // namespace espalier::report
