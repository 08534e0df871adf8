// The pool alone: who gets which stage when, and what becomes of failures. Workers are shell scripts.
#include "lottery/processes/pool.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"

namespace espalier::lottery {
namespace {

class PoolTest : public ::testing::Test {
  protected:
    /// Two chains, a0 - a1 and b0 - b1.
    PoolTest() {
        for (const int replicate : {0, 1}) {
            for (const int level : {0, 1}) {
                StageSpec stage;
                stage.hash = std::string(1, static_cast<char>('a' + replicate)) + std::to_string(level);
                stage.places = {{"ticket", level}};
                stage.replicate = replicate;
                stage.parent = level == 0 ? -1 : static_cast<int>(stages_.size()) - 1;
                stage.last_step = 10;
                stages_.push_back(stage);
            }
        }
    }

    /// `script` answers for stage $hash; every stage that is given out is logged.
    PoolOptions options(const std::string& script, int jobs = 1) {
        const std::string log = (folder_ / "log").string();
        write_text(log, "");
        return {.jobs = jobs,
                .worker = {"/bin/sh", "-c",
                           "while read hash; do echo $hash >> '" + log + "'; " + script + "; done"},
                .on_change = {},
                .stop = nullptr};
    }
    void run(const PoolOptions& options) { run_all(stages_, Recipe(), run_, options); }
    std::string given() { return read_text(folder_ / "log"); }

    testing::TemporaryFolder folder_;
    store::Run run_ = store::Run::create(folder_ / "run", "");
    std::vector<StageSpec> stages_;
};

constexpr const char* kDone = "echo done $hash";

TEST_F(PoolTest, ParentsGoBeforeTheirChildren) {
    run(options(kDone));
    EXPECT_EQ(given(), "a0\nb0\na1\nb1\n");  // level by level
    run(options(kDone, 3));
    const std::string log = given();
    EXPECT_EQ(log.size(), 12U);
    EXPECT_LT(log.find("a0"), log.find("a1"));
    EXPECT_LT(log.find("b0"), log.find("b1"));
}

/// As where it has lost a file that the others, which are done, do not need any more.
TEST_F(PoolTest, TheDenseNetworkGoesBeforeWhatReadsIt) {
    stages_[1].parent = -1;
    stages_[1].dense = 2;
    run(options(kDone, 2));
    const std::string log = given();
    EXPECT_LT(log.find("b0"), log.find("a1"));
}

TEST_F(PoolTest, TellsProgress) {
    PoolOptions told = options("echo progress $hash 5 10 0.5 0.25 100; echo done $hash");
    std::vector<PoolStatus> statuses;
    told.on_change = [&](const PoolStatus& status) { statuses.push_back(status); };
    run(told);
    ASSERT_EQ(statuses.size(), 8U);
    EXPECT_EQ(statuses[0].steps_done, 5);
    EXPECT_EQ(statuses[0].steps_total, 40);
    EXPECT_EQ(statuses[0].loss, 0.5);
    EXPECT_EQ(statuses[0].validation_accuracy, 0.25);
    EXPECT_EQ(statuses[0].examples_per_second, 100);
    EXPECT_FALSE(statuses[0].finished);
    EXPECT_TRUE(statuses[7].finished);
    EXPECT_EQ(statuses[7].stages_done, 4U);
    EXPECT_EQ(statuses[7].steps_done, 40);
}

TEST_F(PoolTest, AFailedStageKeepsItsChildrenBackAndTheOthersGoOn) {
    EXPECT_ERROR(
        Error, ", replicate 0: no luck",
        (run(options("if [ $hash = a0 ]; then echo failed $hash no luck; else echo done $hash; fi")), 0));
    EXPECT_EQ(given(), "a0\nb0\nb1\n");
}

TEST_F(PoolTest, ADeadWorkerCostsOneStage) {
    EXPECT_ERROR(Error, ", replicate 1: its process exited with code 3",
                 (run(options("if [ $hash = b0 ]; then exit 3; fi; echo done $hash")), 0));
    EXPECT_EQ(given(), "a0\nb0\na1\n");
    EXPECT_ERROR(Error, ", replicate 0: its process was killed by signal 9", (run(options("kill -9 $$")), 0));
}

TEST_F(PoolTest, TheFailureToldIsThatOfTheFirstStage) {
    const std::string later = "if [ $hash = a0 ]; then sleep 0.2; fi; echo failed $hash of $hash";
    EXPECT_ERROR(Error, "of a0", (run(options(later, 2)), 0));
}

TEST_F(PoolTest, ABusyStageIsTriedAgain) {
    const std::string once = (folder_ / "once").string();
    run(options("if [ ! -e '" + once + "' ]; then touch '" + once +
                "'; echo busy $hash; else echo done $hash; fi"));
    const std::string log = given();
    EXPECT_EQ(log.size(), 15U);
    EXPECT_NE(log.find("a0", log.find("a0") + 1), std::string::npos);
}

TEST_F(PoolTest, StopsOnRequest) {
    std::atomic<bool> stop{false};
    PoolOptions stopped = options(kDone);
    stopped.stop = &stop;
    stopped.on_change = [&](const PoolStatus& status) { stop = status.stages_done == 2; };
    EXPECT_ERROR(Interrupted, "stopped after 2 of 4 stages; the same command goes on from there",
                 (run(stopped), 0));
    EXPECT_EQ(given().substr(0, 6), "a0\nb0\n");
}

TEST_F(PoolTest, LeavesTheHandlingOfSignalsAlone) {
    run(options(kDone));
    struct sigaction action {};
    ::sigaction(SIGPIPE, nullptr, &action);
    EXPECT_EQ(action.sa_handler, SIG_DFL);
}

}  // namespace
}  // namespace espalier::lottery
