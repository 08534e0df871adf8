// Runs that have lost something, or were left half recorded: exactly that is made again.
#include "lottery/plan/missing.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/expect_error.h"
#include "base/files.h"
#include "lottery/plan/extension.h"
#include "lottery/ran.h"
#include "store/lease.h"

namespace espalier::lottery {
namespace {

using testing::Ran;

constexpr const char* kPrune = "rounds = 2\nrate = 0.5\n";
constexpr const char* kArm = "[arms.one-shot]\nprune.one_shot = true\n";

/// Seconds of the record and of training differ from run to run; a stage that was not trained keeps them.
double seconds_of(const store::Run& run, const std::string& hash) { return run.find_stage(hash)->seconds; }

void execute(const std::filesystem::path& file, const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
}

TEST(Missing, NothingOfAFinishedRun) {
    Ran ran(kPrune, kArm);
    for (const StageSpec& stage : ran.specs()) {
        const Missing what = missing(ran.run(), stage, ran.recipe());
        EXPECT_TRUE(what.is_nothing()) << stage.arm() << " " << stage.level();
        EXPECT_EQ(lost_files(what), "");
    }
}

TEST(Missing, AStageRecordedAtOneOfTwoPlacesGetsTheOtherWithoutTraining) {
    Ran ran(kPrune, kArm);
    const StageSpec& dense = ran.spec(0);
    ASSERT_EQ(dense.places.size(), 2U);
    // As a process left it that recorded places one by one and was killed between.
    execute(ran.run().folder() / "run.sqlite", "DELETE FROM stages WHERE arm = 'one-shot' AND level = 0");
    const Missing what = missing(ran.run(), dense, ran.recipe());
    EXPECT_EQ(what.places, (std::vector<Place>{dense.places[1]}));
    EXPECT_FALSE(what.needs_training());
    const double seconds = seconds_of(ran.run(), dense.hash);
    ran.again(0);
    EXPECT_TRUE(missing(ran.run(), dense, ran.recipe()).is_nothing());
    EXPECT_EQ(seconds_of(ran.run(), dense.hash), seconds);
    EXPECT_EQ(ran.run().positions(dense.hash).size(), 2U);
}

TEST(Missing, ALostTensorIsTrainedAgainToTheSameBytes) {
    Ran ran(kPrune);
    for (const char* file : {"masks.safetensors", "weights.safetensors", "step-0.safetensors"}) {
        const auto path = ran.run().stage_folder(ran.spec(0).hash) / file;
        const auto before = read_file(path);
        remove_file(path);
        const Missing what = missing(ran.run(), ran.spec(0), ran.recipe());
        EXPECT_TRUE(what.needs_training());
        EXPECT_EQ(lost_files(what), file);
        ran.again(0);
        EXPECT_EQ(read_file(path), before) << file;
    }
}

TEST(Missing, ALostFolderIsTrainedAgain) {
    Ran ran(kPrune);
    const auto folder = ran.run().folder() / "stages" / ran.spec(1).hash;
    const auto before = read_file(folder / "weights.safetensors");
    std::filesystem::remove_all(folder);
    remove_old_checkpoints(ran.run(), ran.specs());
    EXPECT_TRUE(missing(ran.run(), ran.spec(1), ran.recipe()).needs_training());
    EXPECT_FALSE(file_exists(folder)) << "looking makes nothing";
    ran.run_all();
    EXPECT_EQ(read_file(folder / "weights.safetensors"), before);
}

TEST(Missing, ALostTicketIsWrittenAgainWithoutTraining) {
    Ran ran(kPrune);
    const auto path = ran.run().ticket_path(2, 0);
    const auto before = read_file(path);
    const double seconds = seconds_of(ran.run(), ran.spec(2).hash);
    std::filesystem::remove_all(path.parent_path());
    EXPECT_EQ(lost_files(missing(ran.run(), ran.spec(2), ran.recipe())), "its ONNX file");
    ran.again(2);
    EXPECT_EQ(read_file(path), before);
    EXPECT_EQ(seconds_of(ran.run(), ran.spec(2).hash), seconds);
}

TEST(Missing, OtherMetricsAreMeasuredWithoutTraining) {
    Ran ran(kPrune, "metrics = [\"top-5\"]\n");
    const double seconds = seconds_of(ran.run(), ran.spec(1).hash);
    const auto top_5 = ran.record(1).metrics;
    ran.change({"experiment.metrics=[\"top-5\", \"top-1\"]"});
    ran.again(1);
    ASSERT_EQ(ran.record(1).metrics.size(), 2U);
    EXPECT_EQ(ran.record(1).metrics[0], top_5.at(0));
    EXPECT_EQ(seconds_of(ran.run(), ran.spec(1).hash), seconds);
}

TEST(Missing, CheckpointsOfRecordedStagesGo) {
    Ran ran(kPrune);
    const auto of = [&](std::size_t stage, const char* name) {
        return ran.run().stage_folder(ran.spec(stage).hash) / name;
    };
    write_text(of(1, "checkpoint.safetensors"), "left");
    write_text(of(2, "1-checkpoint.safetensors"), "left");
    {
        store::Leases elsewhere;
        const auto busy = elsewhere.take(of(2, "").parent_path(), "stage");
        remove_old_checkpoints(ran.run(), ran.specs());
        EXPECT_FALSE(file_exists(of(1, "checkpoint.safetensors")));
        EXPECT_TRUE(file_exists(of(2, "1-checkpoint.safetensors"))) << "somebody works on it";
    }
    remove_old_checkpoints(ran.run(), ran.specs());
    EXPECT_FALSE(file_exists(of(2, "1-checkpoint.safetensors")));
    EXPECT_TRUE(file_exists(of(2, "weights.safetensors")));
}

/// A longer recipe on the run, and how many of its stages have to be trained.
std::size_t to_train(Ran& ran, const std::vector<std::string>& changes) {
    ran.change(changes);
    EXPECT_NE(take_recipe(ran.store(), ran.recipe(), ran.specs(), ran.dataset()), "");
    std::size_t count = 0;
    for (const StageSpec& stage : ran.specs())
        count += missing(ran.run(), stage, ran.recipe()).needs_training() ? 1 : 0;
    return count;
}

TEST(Extension, MoreOfEverythingUsesWhatIsThere) {
    Ran ran(kPrune);
    const std::string before = ran.run().recipe();
    EXPECT_EQ(to_train(ran, {"experiment.replicates=2"}), 3U);
    EXPECT_NE(ran.run().recipe(), before);
    EXPECT_EQ(read_text(ran.run().folder() / "recipe.toml"), ran.recipe().resolved());
    ran.run_all();
    EXPECT_EQ(to_train(ran, {"experiment.replicates=2", "prune.rounds=3"}), 2U);
    ran.run_all();
    EXPECT_EQ(to_train(ran, {"experiment.replicates=2", "prune.rounds=3",
                             "experiment.controls=[\"random-mask\"]", "experiment.control_levels=[2]"}),
              2U);
    ran.run_all();
    EXPECT_EQ(ran.run().stages().size(), 2U * 5);
    EXPECT_EQ(
        to_train(ran, {"experiment.replicates=2", "prune.rounds=3", "experiment.controls=[\"random-mask\"]",
                       "experiment.control_levels=[2]", "bench.batch=7"}),
        0U);
}

/// The dense network has kept no weights of that step, so it is trained once more.
TEST(Extension, AStepThatWasNotKeptIsTrainedFor) {
    Ran ran(kPrune);
    EXPECT_EQ(to_train(ran, {"experiment.stability=[\"3it\"]", "experiment.stability_levels=[1]"}), 1U + 1);
    ran.run_all();
    EXPECT_EQ(ran.run().stabilities().size(), 1U);
}

TEST(Extension, AnotherStageAtAPlaceIsRefusedByItsKey) {
    Ran ran(kPrune);
    const std::string before = ran.run().recipe();
    ran.change({"prune.rate=0.4", "experiment.replicates=3"});
    EXPECT_ERROR(BadData,
                 "holds a run of another recipe: prune.rate = 0.5, asked for is 0.4; choose another folder",
                 take_recipe(ran.store(), ran.recipe(), ran.specs(), ran.dataset()));
    EXPECT_EQ(ran.run().recipe(), before);
}

TEST(Extension, WhatIsLeftOutIsKept) {
    Ran ran(kPrune, "controls = [\"random-mask\"]\n", 2);
    const std::string before = ran.run().recipe();
    EXPECT_EQ(to_train(ran, {"experiment.replicates=1"}), 0U);
    EXPECT_EQ(ran.run().recipe(), before);
    ran.change({"experiment.replicates=1", "prune.rounds=3"});
    EXPECT_ERROR(BadData, "it has random-mask at level 1, replicate 1, which this one leaves out",
                 take_recipe(ran.store(), ran.recipe(), ran.specs(), ran.dataset()));
}

/// Which replicate a mask comes from depends on how many there are.
TEST(Extension, AControlThatNeedsAnotherReplicateMayBeDoneAgain) {
    Ran ran(kPrune, "controls = [\"other-mask\"]\ncontrol_levels = [1]\n", 2);
    EXPECT_EQ(to_train(ran, {"experiment.replicates=3"}), 3U + 2);  // replicate 1 took that of 0
    ran.run_all();
    EXPECT_EQ(ran.run().stages().size(), 3U * 4);
}

TEST(Extension, TheSameMeaningInOtherWordsIsNoExtension) {
    Ran ran(kPrune);
    ran.store().set_recipe("# by hand\n" + ran.recipe().resolved());
    EXPECT_EQ(take_recipe(ran.store(), ran.recipe(), ran.specs(), ran.dataset()), "");
}

}  // namespace
}  // namespace espalier::lottery
