// Stages as job arrays, and how Slurm is asked for them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <thread>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "lottery/cluster/packs.h"
#include "lottery/cluster/slurm.h"
#include "lottery/cluster/status.h"
#include "lottery/cluster/submission.h"
#include "lottery/plan/needs.h"
#include "lottery/ran.h"
#include "lottery/stage/stage_files.h"
#include "store/lease.h"

namespace espalier::lottery {
namespace {

/// `replicates` chains of `levels`, and a control at the end of each.
std::vector<StageSpec> study(int replicates, int levels) {
    std::vector<StageSpec> stages;
    for (int replicate = 0; replicate < replicates; ++replicate) {
        const int dense = static_cast<int>(stages.size());
        for (int level = 0; level < levels; ++level) {
            StageSpec stage;
            stage.hash = "r" + std::to_string(replicate) + "l" + std::to_string(level);
            stage.places = {{"ticket", level}};
            stage.parent = level == 0 ? -1 : static_cast<int>(stages.size()) - 1;
            stage.dense = dense;
            stages.push_back(stage);
        }
        StageSpec control = stages.back();
        control.hash += "c";
        control.kind = StageSpec::Kind::control;
        control.parent = static_cast<int>(stages.size()) - 1;
        stages.push_back(control);
    }
    return stages;
}

/// Every stage once, and behind all that it needs: earlier in its pack, or in an earlier array.
void expect_fits(const PackPlan& plan, const std::vector<StageSpec>& stages,
                 const std::vector<double>& seconds, double pack_seconds) {
    std::vector<int> array_of(stages.size(), -1);
    for (std::size_t array = 0; array < plan.size(); ++array) {
        EXPECT_FALSE(plan[array].empty());
        for (const Pack& pack : plan[array]) {
            double sum = 0;
            for (std::size_t i = 0; i < pack.size(); ++i) {
                EXPECT_EQ(array_of[pack[i]], -1) << "twice";
                array_of[pack[i]] = static_cast<int>(array);
                sum += seconds[pack[i]];
                for (const std::size_t need : needs_of(stages, pack[i])) {
                    const bool before = std::find(pack.begin(), pack.begin() + static_cast<std::ptrdiff_t>(i),
                                                  need) != pack.begin() + static_cast<std::ptrdiff_t>(i);
                    if (seconds[need] == 0 || before) continue;
                    EXPECT_GE(array_of[need], 0);
                    EXPECT_LT(array_of[need], static_cast<int>(array));
                }
            }
            EXPECT_TRUE(pack.size() == 1 || sum <= pack_seconds);
        }
    }
    for (std::size_t i = 0; i < stages.size(); ++i) EXPECT_EQ(array_of[i] < 0, seconds[i] == 0) << i;
}

TEST(Packs, LongStagesAreATaskEach) {
    const auto stages = study(3, 4);
    const std::vector<double> seconds(stages.size(), 100.0);
    const PackPlan plan = pack(stages, seconds, 50);
    expect_fits(plan, stages, seconds, 50);
    ASSERT_EQ(plan.size(), 5U);  // four levels and the controls
    for (const PackArray& array : plan) EXPECT_EQ(array.size(), 3U);
}

TEST(Packs, ShortChainsStayTogether) {
    const auto stages = study(6, 4);
    const std::vector<double> seconds(stages.size(), 1.0);
    EXPECT_EQ(pack(stages, seconds, 1000), (PackPlan{{[&] {
                  Pack all(stages.size());
                  std::iota(all.begin(), all.end(), std::size_t{0});
                  return all;
              }()}}));
    const PackPlan plan = pack(stages, seconds, 10);
    expect_fits(plan, stages, seconds, 10);
    ASSERT_EQ(plan.size(), 1U);
    EXPECT_EQ(plan[0].size(), 3U);  // two chains of five each
}

TEST(Packs, AnyLengthsFit) {
    const auto stages = study(5, 7);
    for (int seed = 0; seed < 20; ++seed) {
        std::vector<double> seconds;
        for (std::size_t i = 0; i < stages.size(); ++i)
            seconds.push_back(static_cast<double>((i * 7 + static_cast<std::size_t>(seed) * 13) % 11));
        for (const double limit : {0.0, 5.0, 12.0, 40.0})
            expect_fits(pack(stages, seconds, limit), stages, seconds, limit);
    }
}

TEST(Packs, WhatIsDoneIsInNone) {
    const auto stages = study(2, 3);
    EXPECT_TRUE(pack(stages, std::vector<double>(stages.size(), 0.0), 10).empty());
}

TEST(SlurmWords, SayAllThatATaskNeeds) {
    const auto words = sbatch_words({.name = "demo-0",
                                     .script = "a.sh",
                                     .output = "log-%a",
                                     .tasks = 4,
                                     .after = 12,
                                     .options = {"--partition=p"},
                                     .is_told_of_limit = true});
    const auto has = [&](const char* word) { return std::ranges::count(words, std::string(word)) == 1; };
    EXPECT_EQ(words.front(), "sbatch");
    EXPECT_EQ(words.back(), "a.sh");
    EXPECT_TRUE(has("--array=0-3") && has("--dependency=afterany:12") && has("--partition=p"));
    EXPECT_TRUE(has("--requeue") && has("--signal=B:USR1@60") && has("--cpus-per-task=1"));
    const auto report = sbatch_words(
        {.name = "demo-report", .script = "report.sh", .output = "log", .after = {}, .options = {}});
    EXPECT_EQ(std::ranges::count_if(report, [](const auto& word) { return word.starts_with("--signal"); }), 0)
        << "a script that does not handle USR1 is killed by it";
}

TEST(SlurmWords, AskForMoreTimeThanATaskIsToldAhead) {
    for (const char* limit :
         {"--time=1", "--time=00:01:00", "--time=1:00", "--time=0:30", "--time=0-0:1", "-t1"})
        EXPECT_ERROR(InvalidArgument, "a task is told 60 s before its time limit",
                     (require_enough_time({limit}), 0));
    for (const char* limit : {"--time=2", "--time=00:01:01", "--time=01:00:00", "--time=1-0", "--time=0-1",
                              "--time=UNLIMITED", "--time=0", "--time=1:x", "--partition=1", "-t90"})
        EXPECT_NO_THROW(require_enough_time({limit})) << limit;
}

TEST(Commands, GiveOutputErrorAndCode) {
    const CommandResult result =
        run_command({"sh", "-c", "echo out; echo first >&2; echo second >&2; exit 3"});
    EXPECT_EQ(result.output, "out\n");
    EXPECT_EQ(result.errors, "first");
    EXPECT_EQ(result.code, 3);
    EXPECT_EQ(run_command({"no-such-program-of-slurm"}).code, 127);
}

using testing::Ran;

constexpr const char* kPrune = "rounds = 2\nrate = 0.5\n[retrain]\nto = \"3it\"\n";

TEST(Tasks, DoTheirStagesAndKeepBackWhatNeedsMore) {
    Ran ran(kPrune, "controls = [\"random-mask\"]\n", 1, {}, 0);
    const auto hash = [&](std::size_t stage) { return ran.spec(stage).hash; };
    std::vector<std::string> lines;
    const TaskOptions options{.on_line = [&](const std::string& line) { lines.push_back(line); }};
    EXPECT_ERROR(Error, "needs the dense network, replicate 0, which is not done",
                 (run_task(ran.specs(), {hash(1)}, ran.recipe(), ran.dataset(), ran.store(), options), 0));
    run_task(ran.specs(), {hash(0), hash(1)}, ran.recipe(), ran.dataset(), ran.store(), options);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1], "the dense network, replicate 0: done");
    run_task(ran.specs(), {hash(0), hash(1)}, ran.recipe(), ran.dataset(), ran.store(), options);
    EXPECT_EQ(lines.size(), 3U) << "nothing is done twice";
    EXPECT_ERROR(BadData, "stage other is not of the run's recipe any more",
                 (run_task(ran.specs(), {"other"}, ran.recipe(), ran.dataset(), ran.store(), options), 0));
}

TEST(Tasks, StopLeavesACheckpoint) {
    Ran ran(kPrune, "", 1, {}, 0);
    ran.change({"train.steps=1000000it"});
    const std::filesystem::path folder = ran.store().stage_folder(ran.spec(0).hash);
    std::atomic<bool> stop{false};
    std::thread later([&] {
        while (!file_exists(folder / "stage-lease-1"))
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        stop = true;
    });
    const TaskOptions options{.checkpoint_seconds = 1e9, .stop = &stop};
    EXPECT_ERROR(
        Interrupted, "stopped",
        (run_task(ran.specs(), {ran.spec(0).hash}, ran.recipe(), ran.dataset(), ran.store(), options), 0));
    later.join();
    EXPECT_TRUE(file_exists(folder / kCheckpoint));
}

TEST(Status, TellsWhatIsDoneAndWhoWorks) {
    Ran ran(kPrune, "", 1, {}, 1);
    store::Leases elsewhere;
    const std::filesystem::path folder = ran.store().stage_folder(ran.spec(1).hash);
    {
        const auto lease = elsewhere.take(folder, "stage");
        const auto lines = describe_status(ran.run(), ran.specs(), ran.recipe());
        ASSERT_EQ(lines.size(), 2U);
        EXPECT_EQ(lines[0], "3 stages: 1 done, 1 in work, 1 waiting");
        EXPECT_EQ(lines[1].find("  ticket at level 1, replicate 0: process "), 0U) << lines[1];
    }
    write_text(folder / "stage-lease-9", "elsewhere 0000-1111 4711 99 5 9000000000\n");
    const auto lines = describe_status(ran.run(), ran.specs(), ran.recipe());
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[1].find("process 4711 of elsewhere, whose clock is "), std::string::npos) << lines[1];
    EXPECT_NE(lines[1].find(" s ahead of this machine's (leases go by neither)"), std::string::npos);
}

TEST(Status, TellsStagesWhereSlurmTellsNothing) {
    Ran ran(kPrune, "", 1, {}, 0);
    const espalier::testing::TemporaryFolder programs;
    make_folder(ran.run().folder() / "slurm");
    write_text(ran.run().folder() / "slurm" / "jobs", "12\n");
    const std::string path = std::getenv("PATH");
    const auto status = [&] {
        ::setenv("PATH", programs.path().c_str(), 1);
        const auto lines = describe_status(ran.run(), ran.specs(), ran.recipe());
        ::setenv("PATH", path.c_str(), 1);
        return lines;
    };
    const std::string stages = "3 stages: 0 done, 0 in work, 3 waiting";
    EXPECT_EQ(status(), (std::vector<std::string>{
                            stages, "Slurm was not asked: squeue is not there: this machine has no Slurm"}));
    write_text(programs / "squeue", "#!/bin/sh\necho 'Unable to contact slurm controller' >&2\nexit 1\n");
    std::filesystem::permissions(programs / "squeue", std::filesystem::perms::owner_all);
    EXPECT_EQ(status(),
              (std::vector<std::string>{
                  stages, "Slurm gave no answer: Slurm refused: Unable to contact slurm controller"}));
}

TEST(Tasks, AreReadFromTheRunsFolder) {
    const espalier::testing::TemporaryFolder folder;
    make_folder(folder / "slurm");
    write_text(folder / "slurm" / "packs", "0 0 aa bb\n0 1 cc\n1 0 dd\n");
    EXPECT_EQ(task_of(folder.path(), 0, 0), (std::vector<std::string>{"aa", "bb"}));
    EXPECT_EQ(task_of(folder.path(), 1, 0), std::vector<std::string>{"dd"});
    EXPECT_ERROR(BadData, "has no task 2 of array 0", task_of(folder.path(), 0, 2));
    EXPECT_TRUE(jobs_of_run(folder.path()).empty());
}

}  // namespace
}  // namespace espalier::lottery
