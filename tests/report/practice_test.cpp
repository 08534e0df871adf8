// What is missing is named, and only that.
#include "report/findings/practice.h"

#include "report/fixture.h"
#include "report/page.h"

namespace espalier::report {
namespace {

class PracticeTest : public ReportTest {
  protected:
    Practice of(const Run& run, std::string_view beginning) {
        for (Practice& one : practices(gather(run))) {
            if (one.item.starts_with(beginning)) return one;
        }
        ADD_FAILURE() << beginning;
        return {};
    }
    void train(Run& run, const std::string& arm, int levels, int replicates, std::int64_t first_step = 0) {
        for (int level = 0; level < levels; ++level) {
            for (int replicate = 0; replicate < replicates; ++replicate) {
                store::Stage one = stage(arm, level, replicate, 1000 >> level, 0.9);
                one.first_step = level > 0 ? first_step : 0;
                run.add(one);
            }
        }
    }
};

TEST_F(PracticeTest, NamesWhatIsMissing) {
    Run run = Run::create(folder_, "");
    EXPECT_TRUE(practices(gather(run)).empty());
    train(run, "ticket", 3, 1);
    EXPECT_EQ(of(run, "Raw").state, Practice::State::met);
    EXPECT_EQ(of(run, "At least five").state, Practice::State::missing);
    EXPECT_EQ(of(run, "At least five").detail, "2 pruned levels.");
    EXPECT_EQ(of(run, "Controls").detail,
              "Without a random mask (random-mask) and reinitialised weights (reinitialize).");
    EXPECT_EQ(of(run, "At least three seeds").state, Practice::State::missing);
    const std::string html = page(gather(run));
    EXPECT_LT(html.find("Missing: 3 of 7."), html.find("id=\"headline\""));
}

TEST_F(PracticeTest, IsMetByAWholeRun) {
    Run run = Run::create(folder_, "");
    for (const char* arm : {"ticket", "random-mask", "reinitialize"}) train(run, arm, 6, 3, 500);
    for (const Practice& one : practices(gather(run)))
        EXPECT_EQ(one.state, Practice::State::met) << one.item << ": " << one.detail;
    EXPECT_NE(
        of(run, "Equal").detail.find("One search took 51,500 steps and 1 min 0 s, 5.7× the 9,000 steps"),
        std::string::npos)
        << of(run, "Equal").detail;
}

TEST_F(PracticeTest, NamesUnequalBudgetsAndCollapsedLayers) {
    Run run = Run::create(folder_, "");
    train(run, "ticket", 6, 3, 500);
    train(run, "reinitialize", 6, 3, 0);
    EXPECT_EQ(of(run, "Equal").state, Practice::State::warning);
    EXPECT_TRUE(
        of(run, "Equal").detail.starts_with("Another number of steps than the ticket: Reinitialised."));
    store::Stage empty = stage("ticket", 6, 0, 10, 0.5);
    empty.layers.push_back({"fc2.weight", 0, 50, 1});
    run.add(empty);
    EXPECT_EQ(of(run, "Layers").detail, "Few or no weights left in fc2.weight (0 of 50 weights at level 6).");
}

TEST_F(PracticeTest, TakesARecipeItCannotRead) {
    Run run = Run::create(folder_, "not = [a recipe");
    train(run, "ticket", 6, 3);
    EXPECT_EQ(of(run, "The test set").state, Practice::State::missing);
    EXPECT_NE(page(gather(run)).find("This version cannot read the recipe"), std::string::npos);
}

}  // namespace
}  // namespace espalier::report
