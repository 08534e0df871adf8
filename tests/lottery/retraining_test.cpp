// Every retraining mode: which weights a level starts from, and which steps it trains. What a mode promises
// is done again by hand and must give the same bytes.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/hash.h"
#include "espalier/models.h"
#include "espalier/prune.h"
#include "espalier/surgery.h"
#include "lottery/ran.h"
#include "lottery/retraining.h"
#include "train/loop/trainer.h"

namespace espalier::lottery {
namespace {

using testing::Ran;

constexpr std::int64_t kEnd = 24;  // 4 epochs of 6 steps

Graph network(std::uint64_t seed) {
    return models::build("lenet-300-100", {.example_shape = {1, 6, 6}, .classes = 10, .seed = seed});
}

/// Trains `weights` under the masks of level `level`.
Weights train_again(const Ran& ran, std::size_t level, Weights weights, std::int64_t first, std::int64_t last,
                    double learning_rate = 0) {
    Recipe recipe = ran.recipe();
    if (learning_rate > 0) recipe.train.optimizer.learning_rate = learning_rate;
    const std::uint64_t seed = replicate_seed(recipe, 0);
    const prune::MaskSet masks = ran.masks(level);
    const Graph graph = network(seed);
    return train::run({.graph = graph,
                       .dataset = ran.dataset(),
                       .recipe = recipe,
                       .weights = std::move(weights),
                       .masks = &masks,
                       .seed = seed,
                       .first_step = first,
                       .last_step = last})
        .weights;
}

Ran run_mode(const std::string& mode, const std::string& more = "") {
    const bool reads_to = std::ranges::count(retraining().get(mode).reads, "retrain.to", &ReadKey::key) > 0 &&
                          !more.starts_with("steps");
    const std::string to = reads_to ? "to = \"5it\"\n" : "";
    return Ran("rounds = 2\nrate = 0.5\n", "[retrain]\nmode = \"" + mode + "\"\n" + to + more);
}

void expect_level(const Ran& ran, std::size_t level, const Weights& start, std::int64_t first,
                  std::int64_t last) {
    EXPECT_EQ(ran.spec(level).first_step, first);
    EXPECT_EQ(ran.spec(level).last_step, last);
    EXPECT_EQ(ran.weights(level, "weights.safetensors"), train_again(ran, level, start, first, last));
}

TEST(Retraining, ResetGoesBackToTheInitialWeights) {
    const Ran ran = run_mode("reset");
    for (const std::size_t level : {1U, 2U})
        expect_level(ran, level, ran.weights(0, "step-0.safetensors"), 0, kEnd);
}

TEST(Retraining, RewindWeightsGoesBackToStepK) {
    const Ran ran = run_mode("rewind-weights");
    for (const std::size_t level : {1U, 2U})
        expect_level(ran, level, ran.weights(0, "step-5.safetensors"), 5, kEnd);
    // The rewind file is the dense network after 5 steps.
    const Graph graph = network(replicate_seed(ran.recipe(), 0));
    EXPECT_EQ(train::run({.graph = graph,
                          .dataset = ran.dataset(),
                          .recipe = ran.recipe(),
                          .weights = {},
                          .seed = replicate_seed(ran.recipe(), 0),
                          .last_step = 5})
                  .weights,
              ran.weights(0, "step-5.safetensors"));
}

TEST(Retraining, RewindLearningRateKeepsTheTrainedWeights) {
    const Ran ran = run_mode("rewind-learning-rate");
    for (const std::size_t level : {1U, 2U})
        expect_level(ran, level, ran.weights(level - 1, "weights.safetensors"), 5, kEnd);
}

TEST(Retraining, FineTuneTrainsOnBehindTheEnd) {
    const Ran ran = run_mode("fine-tune", "steps = \"7it\"\n");
    expect_level(ran, 1, ran.weights(0, "weights.safetensors"), kEnd, kEnd + 7);
    expect_level(ran, 2, ran.weights(1, "weights.safetensors"), kEnd + 7, kEnd + 14);
    EXPECT_EQ(run_mode("fine-tune").spec(1).last_step, kEnd + kEnd - 5);  // the budget of rewinding to 5
}

TEST(Retraining, ReinitializeTakesOtherInitialWeightsAtEachLevel) {
    const Ran ran = run_mode("reinitialize");
    const std::uint64_t seed = replicate_seed(ran.recipe(), 0);
    for (const std::size_t level : {1U, 2U})
        expect_level(ran, level,
                     network(hash_u64("retrain/level " + std::to_string(level), seed)).initializers, 0, kEnd);
}

TEST(Retraining, NoneChangesNothingButTheMask) {
    const Ran ran = run_mode("none");
    Weights expected = ran.weights(0, "weights.safetensors");
    ran.masks(1).apply(expected);
    EXPECT_EQ(ran.weights(1, "weights.safetensors"), expected);
    EXPECT_EQ(ran.spec(1).first_step, ran.spec(1).last_step);
}

TEST(Retraining, KeysThatNobodyReadsAreRefused) {
    const auto check = [](const std::string& text) { check_names(Recipe::from_text(text, "r.toml")); };
    EXPECT_ERROR(BadRecipe, "r.toml:3: retrain.to = \"5it\": retraining mode \"reset\" does not read it",
                 check("[retrain]\nmode = \"reset\"\nto = \"5it\"\n"));
    EXPECT_ERROR(BadRecipe, "retrain.steps = \"5it\": retraining mode \"rewind-weights\" does not read it",
                 check("[retrain]\nsteps = \"5it\"\n"));
    EXPECT_ERROR(BadRecipe,
                 "retrain.to = \"5it\": schedule \"agp\", which has no retraining, does not read it",
                 check("[prune]\nschedule = \"agp\"\nrounds = 1\nsparsity = 0.5\n[retrain]\nto = \"5it\"\n"));
    EXPECT_ERROR(BadRecipe, "r.toml:2: prune.every = \"5it\": schedule \"after-training\" does not read it",
                 check("[prune]\nevery = \"5it\"\n"));
    check(Recipe::from_text("[retrain]\nmode = \"fine-tune\"\nsteps = \"5it\"\n", "r.toml").resolved());
    // An arm reads what its base does not, and has from its base what it does not read.
    check("[retrain]\nmode = \"reset\"\nto = \"5it\"\n[arms.a]\nretrain.mode = \"rewind-weights\"\n");
    check("[retrain]\nmode = \"fine-tune\"\nsteps = \"5it\"\n[arms.a]\nretrain.mode = \"none\"\n");
    EXPECT_ERROR(BadRecipe, "retrain.steps = \"6it\": retraining mode \"none\" does not read it",
                 check("[retrain]\nmode = \"fine-tune\"\nsteps = \"5it\"\n"
                       "[arms.a]\nretrain.mode = \"none\"\nretrain.steps = \"6it\"\n"));
}

TEST(Retraining, EveryModeIsTestedHere) { EXPECT_EQ(retraining().size(), 6U); }

TEST(Retraining, MayHaveALearningRateOfItsOwn) {
    const Ran ran = run_mode("rewind-weights", "learning_rate = 0.0001\n");
    EXPECT_EQ(ran.weights(1, "weights.safetensors"),
              train_again(ran, 1, ran.weights(0, "step-5.safetensors"), 5, kEnd, 0.0001));
}

TEST(Retraining, DropoutFollowsTheMask) {
    const std::string dropout = "[regularize]\ndropout = 0.5\n";
    const Ran ran("rounds = 1\nrate = 0.75\noutput_layer_rate = 0.75\n",
                  "[retrain]\nmode = \"reset\"\n" + dropout);
    EXPECT_NE(ran.weights(0, "weights.safetensors"), Ran("rounds = 0\n").weights(0, "weights.safetensors"));
    // A quarter of the connections is left, so half of the ratio.
    const std::uint64_t seed = replicate_seed(ran.recipe(), 0);
    const prune::MaskSet masks = ran.masks(1);
    const Graph graph = surgery::with_dropout(network(seed), 0.25, {});
    EXPECT_EQ(train::run({.graph = graph,
                          .dataset = ran.dataset(),
                          .recipe = ran.recipe(),
                          .weights = ran.weights(0, "step-0.safetensors"),
                          .masks = &masks,
                          .seed = seed,
                          .last_step = kEnd})
                  .weights,
              ran.weights(1, "weights.safetensors"));
}

TEST(Retraining, MasksMayBeTakenBeforeTheEnd) {
    const Ran ran("rounds = 2\nrate = 0.5\nscope = \"global\"\nat = \"2ep\"\n",
                  "[retrain]\nmode = \"reset\"\n");
    const Graph graph = network(replicate_seed(ran.recipe(), 0));
    const Weights half = train::run({.graph = graph,
                                     .dataset = ran.dataset(),
                                     .recipe = ran.recipe(),
                                     .weights = {},
                                     .seed = replicate_seed(ran.recipe(), 0),
                                     .last_step = 12})
                             .weights;
    prune::Request request;
    request.weights = prune::candidates(half);
    request.target.rate = 0.5;
    EXPECT_EQ(ran.masks(1), prune::plan(request).masks);
}

TEST(Retraining, RefusesAMaskFromAStepThatALevelDoesNotTrain) {
    const Recipe recipe = Recipe::from_text(
        "[train]\nsteps = \"4ep\"\nbatch_size = 100\n[prune]\nrounds = 2\nat = \"4it\"\n[retrain]\nto = "
        "\"5it\"\n",
        "r.toml");
    EXPECT_ERROR(BadRecipe, "r.toml:6: prune.at = \"4it\": level 1 trains from step 5 to 24",
                 plan(recipe, testing::blob_dataset()));
}

}  // namespace
}  // namespace espalier::lottery
