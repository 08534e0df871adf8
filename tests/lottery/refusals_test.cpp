// What would train in vain is refused before anything is trained: scores that are all equal, schedules and
// controls that never act, keys that nobody reads.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/expect_error.h"
#include "espalier/lottery.h"
#include "espalier/onnx.h"
#include "graph/builder.h"
#include "lottery/ran.h"

namespace espalier::lottery {
namespace {

using Changes = std::vector<std::string>;

/// Six steps an epoch.
Recipe recipe_of(const std::string& text, const Changes& changes = {}) {
    Changes all = {"train.batch_size=100"};
    all.insert(all.end(), changes.begin(), changes.end());
    return Recipe::from_text(text, "r.toml", all);
}

void check(const std::string& text, const Changes& changes = {}) { check_names(recipe_of(text, changes)); }

void check_with_data(const std::string& text, const Changes& changes = {}) {
    static const data::Dataset dataset = testing::blob_dataset();
    const Recipe recipe = recipe_of(text, changes);
    check_names(recipe);
    plan(recipe, dataset);
    rehearse(recipe, dataset);
}

TEST(NothingMoved, IsRefused) {
    for (const std::string criterion : {"movement", "magnitude-increase"}) {
        SCOPED_TRACE(criterion);
        const std::string prune = "[prune]\ncriterion = \"" + criterion + "\"\n";
        const std::string zero = "[model]\nonnx = \"m.onnx\"\n[train]\nsteps = \"0it\"\n";
        EXPECT_ERROR(BadRecipe, "with train.steps = \"0it\" nothing has moved, and all scores would be 0",
                     check(zero + prune));
        EXPECT_ERROR(BadRecipe, "before training nothing has moved",
                     check(prune + "rounds = 1\nsparsity = 0.5\nschedule = \"before-training\"\n"));
        EXPECT_ERROR(BadRecipe, "with prune.begin = \"0it\" nothing has moved",
                     check(prune + "rounds = 1\nsparsity = 0.5\nschedule = \"rigl\"\n"));
        EXPECT_NO_THROW(check(prune + "rounds = 1\nsparsity = 0.5\nschedule = \"agp\"\n"));
        EXPECT_ERROR(BadRecipe, "\"initial-mask\" cuts the initial weights",
                     check(prune + "[experiment]\ncontrols = [\"initial-mask\"]\n"));
    }
    const std::string none = "[retrain]\nmode = \"none\"\n";
    EXPECT_ERROR(BadRecipe, "from the second level on",
                 check("[prune]\ncriterion = \"movement\"\nrounds = 2\n" + none));
    EXPECT_NO_THROW(check("[prune]\ncriterion = \"movement\"\nrounds = 1\n" + none));
    EXPECT_NO_THROW(check("[prune]\ncriterion = \"movement\"\nrounds = 2\none_shot = true\n" + none));
    EXPECT_NO_THROW(check("[prune]\ncriterion = \"magnitude-increase\"\nrounds = 2\n" + none));
    EXPECT_ERROR(BadRecipe, "\"early-bird\" cuts without the movement of a training",
                 check("[prune]\ncriterion = \"movement\"\n[experiment]\ncontrols = [\"early-bird\"]\n"));
    EXPECT_NO_THROW(
        check("[prune]\ncriterion = \"magnitude-increase\"\n[experiment]\ncontrols = [\"early-bird\"]\n"));
}

TEST(EqualScales, AreRefused) {
    const std::string prune =
        "[model]\nnetwork = \"resnet-20\"\n[prune]\ncriterion = \"batch-norm-scale\"\nscope = \"global\"\n"
        "granularity = \"filter\"\nrounds = 1\nsparsity = 0.5\n";
    EXPECT_NO_THROW(check_with_data(prune));
    EXPECT_ERROR(BadRecipe, "before training all scales are 1, and all scores would be the same",
                 check_with_data(prune + "schedule = \"before-training\"\n"));
}

TEST(NeverActs, IsRefused) {
    const std::string bird = "[experiment]\ncontrols = [\"early-bird\"]\n";
    EXPECT_ERROR(BadRecipe, "\"early-bird\" finds its mask after 6 epochs or more, and train.steps is 5ep5it",
                 check_with_data(bird, {"train.steps=5ep5it"}));
    EXPECT_NO_THROW(check_with_data(bird, {"train.steps=6ep"}));
    for (const std::string schedule : {"rigl", "set"}) {
        const std::string prune = "[prune]\nrounds = 1\nsparsity = 0.5\nschedule = \"" + schedule + "\"\n";
        EXPECT_ERROR(BadRecipe, "or no weight ever moves", check_with_data(prune, {"train.steps=90it"}));
        EXPECT_NO_THROW(check_with_data(prune, {"train.steps=200it"}));
        EXPECT_ERROR(BadRecipe, "less than one weight of any layer, the largest of which has",
                     check_with_data(prune, {"train.steps=200it", "prune.drop_fraction=1e-6"}));
    }
    EXPECT_ERROR(BadRecipe, "train.freeze = [\"*\"]: every weight is frozen",
                 check_with_data("[train]\nfreeze = [\"*\"]\n"));
    EXPECT_ERROR(BadRecipe, "prune.rounds = 12: granularity \"2:4\" cuts all it ever cuts in one round",
                 check("[prune]\ngranularity = \"2:4\"\n"));
    EXPECT_ERROR(BadRecipe, "control_levels = [1]: there are no experiment.controls",
                 check("[experiment]\ncontrol_levels = [1]\n"));
    EXPECT_ERROR(BadRecipe, "stability_levels = [1]: there are no steps",
                 check("[experiment]\nstability_levels = [1]\n"));
}

TEST(UnreadKeys, AreRefusedHoweverTheyAreSet) {
    const std::tuple<const char*, const char*, const char*> cases[] = {
        {"train.milestones", "[\"5it\"]", "learning rate schedule \"constant\" does not read it"},
        {"train.decay", "0.5", "learning rate schedule \"constant\" does not read it"},
        {"train.optimizer.momentum", "0.9", "optimizer \"adam\" does not read it"},
        {"train.optimizer.nesterov", "true", "optimizer \"adam\" does not read it"},
        {"train.temperature", "2", "loss \"cross-entropy\" does not read it"},
        {"train.mix", "0.5", "loss \"cross-entropy\" does not read it"},
        {"regularize.group", "\"channel\"", "regularizer \"group-lasso\", which is off, does not read it"},
        {"prune.signal_batches", "3", "criterion \"magnitude\" does not read it"},
        {"prune.every", "\"5it\"", "schedule \"after-training\" does not read it"},
        {"retrain.steps", "\"5it\"", "retraining mode \"rewind-weights\" does not read it"},
    };
    for (const auto& [key, value, words] : cases) {
        SCOPED_TRACE(key);
        EXPECT_ERROR(BadRecipe, words, check("", {std::string(key) + "=" + value}));
        const std::string path(key);
        const auto dot = path.find('.');
        EXPECT_ERROR(BadRecipe, words,
                     check("[" + path.substr(0, dot) + "]\n" + path.substr(dot + 1) + " = " + value + "\n"));
    }
    EXPECT_ERROR(BadRecipe, "optimizer \"sgd\" does not read it",
                 check("", {"train.optimizer.name=sgd", "train.optimizer.beta1=0.5"}));
    EXPECT_ERROR(BadRecipe, "optimizer \"sgd\" reads it only with train.optimizer.momentum",
                 check("", {"train.optimizer.name=sgd", "train.optimizer.nesterov=true"}));
    EXPECT_ERROR(BadRecipe, "retraining mode \"fine-tune\" does not read it where retrain.steps is set",
                 check("[retrain]\nmode = \"fine-tune\"\nto = \"2it\"\nsteps = \"5it\"\n"));
    EXPECT_ERROR(BadRecipe, "loss \"mean-squared-error\" does not read it",
                 check("", {"train.loss=mean-squared-error", "train.label_smoothing=0.1"}));
    EXPECT_ERROR(BadRecipe, "model.onnx = \"m.onnx\": there is a built-in network too",
                 check("[model]\nonnx = \"m.onnx\"\n", {"model.network=lenet-5"}));
    EXPECT_ERROR(BadRecipe, "prune.rate = 0.3: there is another target",
                 check("[prune]\nsparsity = 0.5\n", {"prune.rate=0.3"}));
}

TEST(UnreadKeys, SchedulesNeedTheirMilestonesBeforeTheEnd) {
    EXPECT_ERROR(BadRecipe, "train.milestones = []: learning rate schedule \"steps\" needs it",
                 check("", {"train.schedule=steps"}));
    const std::string steps = "[train]\nschedule = \"steps\"\nsteps = \"2ep\"\n";
    EXPECT_ERROR(BadRecipe, "step 12 is not before the end of training, step 12",
                 check_with_data(steps + "milestones = [\"1ep\", \"2ep\"]\n"));
    EXPECT_NO_THROW(check_with_data(steps + "milestones = [\"1ep\", \"11it\"]\n"));
}

TEST(PublishedRecipes, SetNothingInVain) {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(ESPALIER_SOURCE_DIR "/recipes")) {
        if (entry.path().extension() != ".toml") continue;
        SCOPED_TRACE(entry.path());
        EXPECT_NO_THROW(check_names(Recipe::from_file(entry.path())));
        ++count;
    }
    EXPECT_GT(count, 20);
}

TEST(OutputLayer, RateIsRefusedWhereItIsNotRead) {
    EXPECT_NO_THROW(check_with_data("[prune]\noutput_layer_rate = 0.1\n"));
    for (const std::string with : {"scope = \"global\"", "rounds = 1\nsparsity = 0.5",
                                   "rounds = 1\nmacs = 0.5", "layers = {\"fc1.weight\" = 0.5}"}) {
        EXPECT_ERROR(BadRecipe, "prune.output_layer_rate = 0.1",
                     check("[prune]\noutput_layer_rate = 0.1\n" + with + "\n"));
    }
    EXPECT_ERROR(BadRecipe, "the output layer, fc3.weight, is kept whole by prune.keep",
                 check_with_data("[prune]\noutput_layer_rate = 0.1\nkeep = [\"fc3*\"]\n"));
}

TEST(OutputLayer, HasTheRateOfAllUnlessTold) {
    const auto kept = [](const std::string& more, const char* name) {
        const testing::Ran ran("rounds = 1\nrate = 0.4\n" + more);
        return ran.masks(1).at(name).kept();
    };
    EXPECT_EQ(kept("", "fc3.weight"), 600);
    EXPECT_EQ(kept("output_layer_rate = 0.1\n", "fc3.weight"), 900);
    EXPECT_EQ(kept("keep = [\"fc3*\"]\n", "fc2.weight"), 18000);
}

/// A network of one-dimensional signals behind pictures.
Graph one_dimensional() {
    GraphBuilder builder("waves", 1);
    std::string x = builder.input("input", {Dim("N"), Dim(1), Dim(6), Dim(6)});
    x = builder.reshape("signal", x, {0, 6, 6});
    Tensor kernel(DType::f32, {4, 6, 3});
    for (std::size_t i = 0; i < kernel.f32().size(); ++i)
        kernel.f32()[i] = 0.01F * static_cast<float>(i % 13) - 0.05F;
    builder.initializer("k", std::move(kernel));
    x = builder.node({.name = "conv", .op = "Conv", .inputs = {x, "k"}, .outputs = {}, .attributes = {}});
    builder.output(builder.linear("fc", builder.flatten("flat", x), 10));
    return std::move(builder).finish();
}

TEST(Wanda, ScoresConvolutionsOfOneDimension) {
    const espalier::testing::TemporaryFolder folder;
    onnx::write(folder / "m.onnx", one_dimensional());
    const testing::Ran ran(
        "rounds = 1\nsparsity = 0.5\nscope = \"global\"\ncriterion = \"wanda\"\n[model]\nonnx = \"" +
        (folder / "m.onnx").string() + "\"\n");
    EXPECT_EQ(ran.record(1).weights_left(), (72 + 160) / 2);
}

TEST(FrozenScores, AreRefused) {
    EXPECT_ERROR(BadRecipe, "train.freeze",
                 check("[train]\nfreeze = [\"fc1.weight\"]\n[prune]\nrounds = 1\nsparsity = 0.5\nschedule = "
                       "\"edge-popup\"\n"));
}

TEST(MovedUnits, NeedSingleWeights) {
    for (const std::string granularity : {"2:4", "block 4x1"})
        EXPECT_ERROR(BadRecipe, "moves units",
                     check("[prune]\nrounds = 1\ngranularity = \"" + granularity +
                           "\"\n[experiment]\ncontrols = [\"matched-mask\"]\n"));
    EXPECT_NO_THROW(check(
        "[prune]\nrounds = 1\nsignal_batches = 8\n[experiment]\ncontrols = [\"activation-matched-mask\"]\n"));
    EXPECT_ERROR(
        BadRecipe, "prune.signal_batches",
        check("[prune]\nrounds = 1\nsignal_batches = 8\n[experiment]\ncontrols = [\"matched-mask\"]\n"));
}

}  // namespace
}  // namespace espalier::lottery
