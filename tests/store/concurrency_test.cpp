// Several processes on one run, some of them dying. Children leave by _exit, so that GoogleTest runs once.
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <thread>

#include "base/files.h"
#include "espalier/error.h"
#include "store/fixture.h"

namespace espalier::store {
namespace {

/// Exit code 1 when the body throws.
pid_t start(const std::function<void()>& body) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
        body();
    } catch (...) {
        ::_exit(1);
    }
    ::_exit(0);
}

int wait_for(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
}

class StoreConcurrency : public StoreTest {};

TEST_F(StoreConcurrency, LetsProcessesWriteAtOnce) {
    constexpr int kProcesses = 4;
    constexpr int kLevels = 12;
    std::vector<pid_t> children;
    for (int replicate = 0; replicate < kProcesses; ++replicate) {
        children.push_back(start([&] {
            Run run = Run::create(folder_, "same recipe");  // all of them at once, on an empty folder
            for (int level = 0; level < kLevels; ++level) {
                run.add(made_up_stage("ticket", level, replicate));
                Latency latency;
                latency.level = level;
                latency.replicate = replicate;
                run.add(latency);
                run.set_fact("last", std::to_string(replicate));
                if (run.stages().empty()) ::_exit(2);
            }
        }));
    }
    for (const pid_t child : children) EXPECT_EQ(wait_for(child), 0);

    const Run run = Run::open(folder_);
    EXPECT_EQ(run.latencies().size(), static_cast<std::size_t>(kProcesses * kLevels));
    const std::vector<Stage> stages = run.stages();
    ASSERT_EQ(stages.size(), static_cast<std::size_t>(kProcesses * kLevels));
    for (const Stage& stage : stages)
        expect_equal(stage, made_up_stage("ticket", stage.level, stage.replicate));
}

TEST_F(StoreConcurrency, SurvivesAKilledWriter) {
    Run::create(folder_, "recipe");
    int next_level = 0;
    for (int round = 0; round < 8; ++round) {
        const pid_t child = start([&] {
            Run run = Run::open(folder_);
            for (int level = next_level;; ++level) run.add(made_up_stage("ticket", level, 0));
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(15 + 7 * round));
        ASSERT_EQ(::kill(child, SIGKILL), 0);
        EXPECT_TRUE(WIFSIGNALED(wait_for(child)));

        Run run = Run::create(folder_, "recipe");
        const std::vector<Stage> stages = run.stages();
        ASSERT_GE(static_cast<int>(stages.size()), next_level);
        for (std::size_t level = 0; level < stages.size(); ++level) {
            expect_equal(stages[level], made_up_stage("ticket", static_cast<int>(level), 0));
        }
        next_level = static_cast<int>(stages.size());
        run.add(made_up_stage("ticket", next_level++, 0));
    }
}

/// A stage that two arms share is recorded at both places or at none.
TEST_F(StoreConcurrency, KilledAroundACommitAllPlacesAreThereOrNone) {
    Stage stage = made_up_stage("ticket", 1, 0);
    Stage other = stage;
    other.arm = "one-shot";
    for (const auto& [point, places] : {std::pair("commit:stage", 0U), {"committed:stage", 2U}}) {
        Run::create(folder_, "recipe");
        const pid_t child = start([&, name = point] {
            ::setenv("ESPALIER_FAULT", name, 1);
            Run::open(folder_).add_places({stage, other}, {"a note"});
        });
        EXPECT_TRUE(WIFSIGNALED(wait_for(child))) << point;
        EXPECT_EQ(Run::open(folder_).positions(stage.hash).size(), places) << point;
        EXPECT_EQ(Run::open(folder_).facts().size(), places / 2) << point;
    }
}

TEST_F(StoreConcurrency, KilledWhileTheRecipeChangesTheFileFollowsTheStore) {
    for (const auto& [point, recipe] :
         {std::pair("commit:recipe", "old"), {"committed:recipe", "new"}, {"rename:recipe.toml", "new"}}) {
        std::filesystem::remove_all(folder_);
        Run::create(folder_, "old");
        const pid_t child = start([&, name = point] {
            ::setenv("ESPALIER_FAULT", name, 1);
            Run::open(folder_).set_recipe("new");
        });
        EXPECT_TRUE(WIFSIGNALED(wait_for(child))) << point;
        EXPECT_EQ(Run::create(folder_, recipe).recipe(), recipe) << point;
        EXPECT_EQ(read_text(folder_ / "recipe.toml"), recipe) << point;
    }
}

TEST_F(StoreConcurrency, ReportsAFullDiskAndKeepsWhatWasThere) {
    Run::create(folder_, "recipe").add(made_up_stage("ticket", 0, 0));
    const pid_t child = start([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{128 * 1024, 128 * 1024};  // bytes a file may have, in place of a disk that is full
        ::setrlimit(RLIMIT_FSIZE, &limit);
        Run run = Run::open(folder_);
        try {
            for (int level = 1; level < 100; ++level) run.add(made_up_stage("ticket", level, 0));
        } catch (const IoError& error) {
            ::_exit(std::string(error.what()).starts_with((folder_ / "run.sqlite").string()) ? 7 : 8);
        }
    });
    const int status = wait_for(child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 7);

    const std::vector<Stage> stages = Run::open(folder_).stages();
    ASSERT_GE(stages.size(), 1U);
    for (const Stage& stage : stages) expect_equal(stage, made_up_stage("ticket", stage.level, 0));
}

}  // namespace
}  // namespace espalier::store
