#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/expect_error.h"
#include "espalier/lottery.h"
#include "train/blobs.h"

namespace espalier::lottery {
namespace {

const data::Dataset& dataset() {
    static const data::Dataset blobs = testing::blob_dataset();
    return blobs;
}

Recipe recipe_of(const std::string& text) {
    const std::string base = "[train]\nsteps = \"2ep\"\nbatch_size = 100\n";
    return Recipe::from_text(base + text, "r.toml");
}

constexpr const char* kFull = R"(
[prune]
rounds = 3
[retrain]
to = "4it"
[experiment]
replicates = 2
controls = ["reinitialize", "random-mask"]
control_levels = [1, 3]
)";

std::set<std::string> hashes(const std::vector<StageSpec>& stages) {
    std::set<std::string> out;
    for (const StageSpec& stage : stages) out.insert(stage.hash);
    return out;
}

TEST(Plan, HasEveryLevelArmAndReplicateOnce) {
    const auto stages = plan(recipe_of(kFull), dataset());
    EXPECT_EQ(stages.size(), 2U * (4 + 2 * 2));
    EXPECT_EQ(hashes(stages).size(), stages.size());
    std::map<std::string, int> arms;
    for (const StageSpec& stage : stages) ++arms[stage.arm];
    EXPECT_EQ(arms, (std::map<std::string, int>{{"ticket", 8}, {"reinitialize", 4}, {"random-mask", 4}}));
}

TEST(Plan, ParentsComeFirstAndStepsFollowTheRewinding) {
    const auto stages = plan(recipe_of(kFull), dataset());
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const StageSpec& stage = stages[i];
        EXPECT_LT(stage.parent, static_cast<int>(i));
        EXPECT_EQ(stage.parent < 0, stage.level == 0);
        EXPECT_EQ(stage.last_step, 12);  // 2 epochs of 6 steps
        const bool from_zero = stage.level == 0 || stage.arm == "reinitialize";
        EXPECT_EQ(stage.first_step, from_zero ? 0 : 4) << stage.arm;
        if (stage.parent < 0) continue;
        const StageSpec& parent = stages[static_cast<std::size_t>(stage.parent)];
        EXPECT_EQ(parent.arm, "ticket");
        EXPECT_EQ(parent.replicate, stage.replicate);
        EXPECT_EQ(parent.level, stage.arm == "ticket" ? stage.level - 1 : stage.level);
    }
}

TEST(Plan, MoreRoundsReplicatesOrControlsKeepTheStagesThatAreThere) {
    const auto before =
        hashes(plan(recipe_of("[prune]\nrounds = 2\n[experiment]\nreplicates = 1\n"), dataset()));
    const auto after = hashes(plan(recipe_of("[prune]\nrounds = 3\n[experiment]\nreplicates = 2\n"
                                             "controls = [\"random-mask\"]\n[bench]\nbatch = 7\n"),
                                   dataset()));
    for (const std::string& hash : before) EXPECT_TRUE(after.contains(hash));
}

TEST(Plan, WhateverChangesTheResultChangesTheHash) {
    const auto base = hashes(plan(recipe_of("[prune]\nrounds = 1\n"), dataset()));
    for (const std::string change :
         {"[prune]\nrounds = 1\nrate = 0.3\n", "[prune]\nrounds = 1\nscope = \"global\"\n",
          "[prune]\nrounds = 1\n[experiment]\nseed = 2\n", "[prune]\nrounds = 1\n[retrain]\nto = \"1it\"\n",
          "[prune]\nrounds = 1\n[experiment]\nevaluate_every = \"7it\"\n",
          "[prune]\nrounds = 1\n[data]\nflip = true\n", "[prune]\nrounds = 1\n[data]\ncrop = 1\n",
          "[prune]\nrounds = 1\n[data]\nnormalize = \"computed\"\n"}) {
        for (const std::string& hash : hashes(plan(recipe_of(change), dataset()))) {
            EXPECT_FALSE(base.contains(hash)) << change;
        }
    }
    data::Dataset other = testing::blob_dataset();
    other.train.labels[5] = (other.train.labels[5] + 1) % 10;
    for (const std::string& hash : hashes(plan(recipe_of("[prune]\nrounds = 1\n"), other))) {
        EXPECT_FALSE(base.contains(hash));
    }
}

TEST(Plan, ResetIgnoresTheRewindStep) {
    const auto stages =
        plan(recipe_of("[prune]\nrounds = 1\n[retrain]\nmode = \"reset\"\nto = \"5it\"\n"), dataset());
    for (const StageSpec& stage : stages) EXPECT_EQ(stage.first_step, 0);
}

TEST(Plan, BadValuesPointAtTheirLine) {
    EXPECT_ERROR(BadRecipe,
                 "r.toml:5: retrain.to = \"12it\": step 12 is not before the end of training, step 12 (2ep)",
                 plan(recipe_of("[retrain]\nto = \"12it\"\n"), dataset()));
    EXPECT_ERROR(
        BadRecipe,
        "r.toml:7: experiment.control_levels = [4]: level 4 is not there, expected 1 to prune.rounds = 3",
        plan(recipe_of("[prune]\nrounds = 3\n[experiment]\ncontrol_levels = [4]\n"), dataset()));
    EXPECT_ERROR(BadRecipe, "r.toml:5: data.crop = 6: images are 1x6x6, expected 0 to 5",
                 plan(recipe_of("[data]\ncrop = 6\n"), dataset()));
    EXPECT_ERROR(BadRecipe, "\"reinit\" is not known",
                 plan(recipe_of("[experiment]\ncontrols = [\"reinit\"]\n"), dataset()));
    EXPECT_ERROR(BadRecipe, "\"random-mask\" is there twice",
                 plan(recipe_of("[experiment]\ncontrols = [\"random-mask\", \"random-mask\"]\n"), dataset()));
}

TEST(CheckNames, PointsAtTheUnknownOne) {
    const std::pair<const char*, const char*> cases[] = {
        {"[prune]\ncriterion = \"magnitud\"\n",
         "r.toml:5: prune.criterion = \"magnitud\" is not known; did you mean \"magnitude\"? (espalier list "
         "criteria)"},
        {"[model]\nnetwork = \"lenet\"\n", "r.toml:5: model.network = \"lenet\" is not known"},
        {"[data]\ndataset = \"fashon-mnist\"\n", "did you mean \"fashion-mnist\"? (espalier list datasets)"},
        {"[retrain]\nmode = \"rewind\"\n", "r.toml:5: retrain.mode = \"rewind\" is not known"},
        {"[prune]\nscope = \"globl\"\n", "did you mean \"global\"? (espalier list scopes)"},
    };
    for (const auto& [text, message] : cases)
        EXPECT_ERROR(BadRecipe, message, (check_names(recipe_of(text)), 0));
    EXPECT_NO_THROW(check_names(recipe_of("")));
}

TEST(SourceOf, TakesWhatTheRecipeSaysOfTheData) {
    const data::Source source = source_of(
        recipe_of("[data]\ndataset = \"npz\"\npath = \"a.npz\"\nvalidation = 7\nnormalize = \"computed\"\n"));
    EXPECT_EQ(source.dataset, "npz");
    EXPECT_EQ(source.path, "a.npz");
    EXPECT_EQ(source.validation, 7);
    EXPECT_EQ(source.normalize, "computed");
}

}  // namespace
}  // namespace espalier::lottery
