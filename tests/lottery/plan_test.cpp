#include <gtest/gtest.h>

#include <algorithm>
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
    for (const StageSpec& stage : stages) ++arms[stage.arm()];
    EXPECT_EQ(arms, (std::map<std::string, int>{{"ticket", 8}, {"reinitialize", 4}, {"random-mask", 4}}));
}

TEST(Plan, ParentsComeFirstAndStepsFollowTheRewinding) {
    const auto stages = plan(recipe_of(kFull), dataset());
    for (std::size_t i = 0; i < stages.size(); ++i) {
        const StageSpec& stage = stages[i];
        EXPECT_LT(stage.parent, static_cast<int>(i));
        EXPECT_EQ(stage.parent < 0, stage.level() == 0);
        EXPECT_EQ(stage.last_step, 12);  // 2 epochs of 6 steps
        const bool from_zero = stage.level() == 0 || stage.arm() == "reinitialize";
        EXPECT_EQ(stage.first_step, from_zero ? 0 : 4) << stage.arm();
        if (stage.parent < 0) continue;
        const StageSpec& parent = stages[static_cast<std::size_t>(stage.parent)];
        EXPECT_EQ(parent.arm(), "ticket");
        EXPECT_EQ(parent.replicate, stage.replicate);
        EXPECT_EQ(parent.level(), stage.arm() == "ticket" ? stage.level() - 1 : stage.level());
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
          "[prune]\nrounds = 1\n[model]\nnetwork = \"lenet-5\"\n",
          "[prune]\nrounds = 1\n[regularize]\nl1 = 0.1\n",
          "[prune]\nrounds = 1\n[experiment]\nevaluate_every = \"7it\"\n",
          "[prune]\nrounds = 1\n[data]\nflip = true\n", "[prune]\nrounds = 1\n[data]\ncrop = 1\n",
          "[prune]\nrounds = 1\n[data]\nnormalize = \"computed\"\n"}) {
        const bool of_the_cut = change.find("\nrate") != std::string::npos ||
                                change.find("scope") != std::string::npos ||
                                change.find("[retrain]") != std::string::npos;
        for (const StageSpec& stage : plan(recipe_of(change), dataset())) {
            // The dense network is the same whatever is cut from it.
            EXPECT_EQ(base.contains(stage.hash), of_the_cut && stage.is_dense()) << change;
        }
    }
    data::Dataset other = testing::blob_dataset();
    other.train.targets.as<std::int32_t>()[5] = (other.train.classes()[5] + 1) % 10;
    for (const std::string& hash : hashes(plan(recipe_of("[prune]\nrounds = 1\n"), other))) {
        EXPECT_FALSE(base.contains(hash));
    }
}

constexpr const char* kArms = R"(
[prune]
rounds = 3
[retrain]
to = "4it"
[experiment]
replicates = 1
[arms.one-shot]
prune.one_shot = true
[arms.earlier]
retrain.to = "1it"
[arms.lasso]
regularize.l1 = 0.1
retrain.mode = "none"
)";

const StageSpec& stage_at(const std::vector<StageSpec>& stages, const std::string& arm, int level) {
    for (const StageSpec& stage : stages) {
        if (std::ranges::count(stage.places, Place{arm, level}) > 0) return stage;
    }
    throw std::logic_error("no such stage");
}

TEST(Plan, ArmsShareWhatTheyDoAlike) {
    const auto stages = plan(recipe_of(kArms), dataset());
    // Dense, three levels, two of one-shot (the first is the ticket's), three of earlier, four of lasso.
    EXPECT_EQ(stages.size(), 1U + 3 + 2 + 3 + 4);
    const StageSpec& dense = stage_at(stages, "ticket", 0);
    EXPECT_EQ(dense.places, (std::vector<Place>{{"ticket", 0}, {"one-shot", 0}, {"earlier", 0}}));
    EXPECT_EQ(dense.snapshots, (std::set<std::int64_t>{0, 1, 4}));  // where all of them rewind to
    EXPECT_EQ(stage_at(stages, "ticket", 1).places, (std::vector<Place>{{"ticket", 1}, {"one-shot", 1}}));

    const StageSpec& third = stage_at(stages, "one-shot", 3);
    EXPECT_EQ(third.first_round, 1);
    EXPECT_EQ(stages[static_cast<std::size_t>(third.parent)].hash, dense.hash);
    EXPECT_EQ(third.first_step, 4);
    EXPECT_EQ(stage_at(stages, "earlier", 2).first_step, 1);
    const StageSpec& lasso = stage_at(stages, "lasso", 2);
    EXPECT_EQ(lasso.first_step, lasso.last_step);
    EXPECT_NE(stages[static_cast<std::size_t>(lasso.dense)].hash, dense.hash);
}

TEST(Plan, AResolvedRecipeWithArmsPlansTheSame) {
    const Recipe recipe = recipe_of(kArms);
    const Recipe again = Recipe::from_text(recipe.resolved(), "resolved.toml");
    EXPECT_EQ(again.resolved(), recipe.resolved());
    const auto stages = plan(recipe, dataset());
    const auto others = plan(again, dataset());
    ASSERT_EQ(stages.size(), others.size());
    for (std::size_t i = 0; i < stages.size(); ++i) {
        EXPECT_EQ(stages[i].hash, others[i].hash);
        EXPECT_EQ(stages[i].places, others[i].places);
    }
}

TEST(Plan, StabilityNeedsTheMaskOfItsLevelAndTheWeightsOfItsStep) {
    const auto stages = plan(recipe_of("[prune]\nrounds = 2\n[experiment]\nreplicates = 1\n"
                                       "stability = [\"0it\", \"5it\"]\nstability_levels = [0, 2]\n"),
                             dataset());
    int found = 0;
    for (const StageSpec& stage : stages) {
        if (stage.kind != StageSpec::Kind::stability) continue;
        ++found;
        EXPECT_EQ(stages[static_cast<std::size_t>(stage.parent)].level(), stage.level());
        EXPECT_TRUE(stages[static_cast<std::size_t>(stage.dense)].snapshots.contains(stage.first_step));
    }
    EXPECT_EQ(found, 4);
    EXPECT_ERROR(BadRecipe, "r.toml:5: experiment.stability = [\"12it\"]: step 12 is not before the end",
                 plan(recipe_of("[experiment]\nstability = [\"12it\"]\n"), dataset()));
    EXPECT_ERROR(BadRecipe,
                 "experiment.stability_levels = [3]: level 3 is not there, expected 0 to prune.rounds = 2",
                 plan(recipe_of("[prune]\nrounds = 2\n[experiment]\nstability_levels = [3]\n"), dataset()));
}

TEST(Plan, OtherMasksNeedAnotherReplicate) {
    const char* text = "[prune]\nrounds = 1\n[experiment]\ncontrols = [\"other-mask\"]\nreplicates = ";
    const auto stages = plan(recipe_of(std::string(text) + "3\n"), dataset());
    for (const StageSpec& stage : stages) {
        if (stage.arm() != "other-mask") continue;
        const StageSpec& other = stages[static_cast<std::size_t>(stage.other)];
        EXPECT_EQ(other.level(), stage.level());
        EXPECT_EQ(other.replicate, (stage.replicate + 1) % 3);
    }
    EXPECT_ERROR(BadRecipe, "expected experiment.replicates of 2 or more",
                 plan(recipe_of(std::string(text) + "1\n"), dataset()));
}

TEST(CheckNames, LooksIntoArms) {
    EXPECT_ERROR(BadRecipe, "r.toml:5: prune.criterion = \"magnitud\" is not known; did you mean",
                 (check_names(recipe_of("[arms.a]\nprune.criterion = \"magnitud\"\n")), 0));
    EXPECT_ERROR(BadRecipe, "r.toml:4: arms.random-mask: this name has a meaning of its own",
                 (check_names(recipe_of("[arms.random-mask]\nprune.rate = 0.3\n")), 0));
    EXPECT_ERROR(BadRecipe, "r.toml:5: the key arms.a.prune.rat is not known; did you mean \"prune.rate\"?",
                 recipe_of("[arms.a]\nprune.rat = 0.3\n"));
    EXPECT_ERROR(BadRecipe,
                 "r.toml:5: arms.a.data: an arm changes model, train, regularize, prune, retrain only",
                 recipe_of("[arms.a]\ndata.flip = true\n"));
    EXPECT_ERROR(BadRecipe, "r.toml:4: arms.A: expected a name of small letters, digits and -",
                 recipe_of("[arms.A]\nprune.rate = 0.3\n"));
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
    const data::Source source = source_of(recipe_of(
        "[data]\ndataset = \"npz\"\npath = \"a.npz\"\nvalidation = 7\ntest = 3\nnormalize = \"computed\"\n"));
    EXPECT_EQ(source.dataset, "npz");
    EXPECT_EQ(source.path, "a.npz");
    EXPECT_EQ(source.validation, 7);
    EXPECT_EQ(source.test, 3);
    EXPECT_EQ(source.normalize, "computed");
}

}  // namespace
}  // namespace espalier::lottery
