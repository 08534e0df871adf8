// Recipes that prune before, during and after training, run to their end: how much is left, and of what.
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "espalier/lottery.h"
#include "espalier/mask.h"
#include "espalier/prune.h"
#include "lottery/ran.h"
#include "lottery/stage/sensitivity.h"
#include "prune/scheduling/schedule.h"

namespace espalier::lottery {
namespace {

using testing::Ran;

constexpr std::int64_t kWeightsOfNetwork = 36 * 300 + 300 * 100 + 100 * 10;

std::int64_t kept_of(double sparsity) {
    return kWeightsOfNetwork - static_cast<std::int64_t>(sparsity * static_cast<double>(kWeightsOfNetwork));
}

prune::Plan plan_global(std::vector<prune::Candidate> candidates, const std::string& criterion,
                        double sparsity) {
    prune::Request request;
    request.weights = std::move(candidates);
    request.criterion = criterion;
    request.target.sparsity = sparsity;
    return prune::plan(request);
}

TEST(Schedules, AllReachTheirSparsityExactlyAndTrainFromTheStart) {
    for (const std::string schedule : {"before-training", "agp", "granet", "rigl", "set", "mest", "top-kast",
                                       "edge-popup", "bernoulli-gates"}) {
        const bool has_interval = prune::schedules().get(schedule).latent == "top-kast" ||
                                  !prune::schedules().get(schedule).decay.empty() || schedule == "agp";
        const std::string every = has_interval ? "every = \"3it\"\n" : "";
        const Ran ran("rounds = 1\nscope = \"global\"\nsparsity = 0.75\nschedule = \"" + schedule + "\"\n" +
                      every);
        EXPECT_EQ(ran.masks().kept(), kept_of(0.75)) << schedule;
        EXPECT_EQ(ran.record(1).first_step, 0);
        EXPECT_EQ(ran.record(1).weights_left(), kept_of(0.75));
        const Weights trained = ran.weights(1, "weights.safetensors");
        Weights masked = trained;
        ran.masks().apply(masked);
        EXPECT_EQ(masked, trained) << schedule;
    }
}

TEST(Schedules, MovesKeepTheCountOfEachLayer) {
    const std::string prune = "rounds = 1\nscope = \"erk\"\ncriterion = \"random\"\nsparsity = 0.8\n";
    const prune::MaskSet before = Ran(prune + "schedule = \"before-training\"\n").masks();
    const std::string moves = prune + "every = \"4it\"\n";
    const prune::MaskSet rigl = Ran(moves + "schedule = \"rigl\"\n").masks();
    const prune::MaskSet set = Ran(moves + "schedule = \"set\"\n").masks();
    for (const auto& [name, mask] : before) {
        EXPECT_EQ(rigl.at(name).kept(), mask.kept()) << name;
        EXPECT_EQ(set.at(name).kept(), mask.kept()) << name;
    }
    EXPECT_GT(hamming_distance(rigl, before), 0);
    EXPECT_GT(hamming_distance(set, before), 0);
    EXPECT_GT(hamming_distance(set, rigl), 0);
}

TEST(Schedules, SearchesTrainScoresAndNoWeight) {
    for (const std::string schedule : {"edge-popup", "bernoulli-gates"}) {
        SCOPED_TRACE(schedule);
        const Ran ran("rounds = 1\nscope = \"layer-wise\"\nsparsity = 0.6\nschedule = \"" + schedule + "\"\n",
                      "", 1, {"train.optimizer.learning_rate=0.1"});
        Weights expected = ran.weights(0, "step-0.safetensors");
        ran.masks().apply(expected);
        EXPECT_EQ(ran.weights(1, "weights.safetensors"), expected) << "biases stay too";
        const Ran none(
            "rounds = 1\nscope = \"layer-wise\"\nsparsity = 0.6\nschedule = \"" + schedule + "\"\n", "", 1,
            {"train.optimizer.learning_rate=1e-6"});
        EXPECT_GT(hamming_distance(ran.masks(), none.masks()), 500) << "scores have moved";
        EXPECT_LT(ran.record(1).train_loss, none.record(1).train_loss);
    }
}

TEST(Schedules, TopKastRemembersWhatDoesNotTakePart) {
    // With everything updated and every step chosen anew, weights come and go.
    const std::string prune = "rounds = 1\nscope = \"layer-wise\"\nsparsity = 0.8\nschedule = \"top-kast\"\n";
    const Ran often(prune + "every = \"1it\"\nbackward_sparsity = 0.01\n");
    const Ran never(prune + "every = \"1000it\"\n");
    const Weights initial = never.weights(0, "step-0.safetensors");
    std::vector<prune::Candidate> candidates = prune::candidates(initial);
    prune::Request request;
    request.weights = std::move(candidates);
    request.scope = "layer-wise";
    request.target.sparsity = 0.8;
    EXPECT_EQ(never.masks(), prune::plan(request).masks) << "those that were greatest at first";
    EXPECT_NE(often.masks(), never.masks());
    EXPECT_EQ(often.masks().kept(), never.masks().kept());
}

TEST(Schedules, SRigLKeepsAsManyWeightsInEveryOutputThatIsLeft) {
    const Ran ran(
        "rounds = 1\nscope = \"erk\"\ncriterion = \"random\"\nsparsity = 0.8\nschedule = \"srigl\"\nevery = "
        "\"4it\"\n");
    for (const auto& [name, mask] : ran.masks()) {
        std::set<std::int64_t> counts;
        const std::int64_t columns = mask.count() / mask.shape()[0];
        for (std::int64_t row = 0; row < mask.shape()[0]; ++row) {
            std::int64_t kept = 0;
            for (std::int64_t c = 0; c < columns; ++c) kept += mask[row * columns + c] ? 1 : 0;
            if (kept > 0) counts.insert(kept);
        }
        EXPECT_EQ(counts.size(), 1U) << name;
    }
    EXPECT_LE(ran.masks().kept(), kept_of(0.8));
    EXPECT_GT(ran.masks().kept(), kept_of(0.82));
}

TEST(Schedules, MovingMasksLeaveWhatTheyHaveEverUsed) {
    const std::string prune = "rounds = 1\nscope = \"layer-wise\"\nsparsity = 0.8\n";
    const auto explored_of = [](const Ran& ran) {
        return prune::load_masks(ran.run().stage_folder(ran.spec(1).hash) / "explored.safetensors");
    };
    const Ran set(prune + "schedule = \"set\"\nevery = \"2it\"\n");
    const prune::MaskSet explored = explored_of(set);
    EXPECT_EQ((set.masks() - explored).kept(), 0);
    EXPECT_GT(explored.kept(), set.masks().kept());
    EXPECT_LT(explored.density(), 1);
    const Ran agp(prune + "schedule = \"agp\"\nevery = \"2it\"\n");
    EXPECT_EQ(explored_of(agp).density(), 1) << "it began dense";
    const Ran before(prune + "schedule = \"before-training\"\n");
    EXPECT_EQ(explored_of(before), before.masks());
}

TEST(Schedules, BeforeTrainingCutsTheInitialNetwork) {
    const Ran ran("rounds = 1\nscope = \"global\"\nsparsity = 0.9\nschedule = \"before-training\"\n");
    const Weights initial = ran.weights(0, "step-0.safetensors");
    auto candidates = prune::candidates(initial);
    const prune::MaskSet expected = plan_global(std::move(candidates), "magnitude", 0.9).masks;
    EXPECT_EQ(ran.masks(), expected);
}

TEST(Targets, SparsityIsReachedInTheLastRound) {
    const Ran ran("rounds = 2\nscope = \"global\"\nsparsity = 0.75\n");
    EXPECT_EQ(ran.masks(1).kept(), kept_of(0.5));
    EXPECT_EQ(ran.masks(2).kept(), kept_of(0.75));
}

TEST(Targets, WeightsAndMacs) {
    EXPECT_EQ(Ran("rounds = 1\nscope = \"global\"\nweights = 4321\n").masks().kept(), 4321);
    // In fully connected layers a weight is a multiply-add.
    EXPECT_EQ(Ran("rounds = 1\nscope = \"global\"\nmacs = 0.25\n").masks().kept(), kWeightsOfNetwork / 4);
}

TEST(Targets, SingleLayersHaveTheirOwn) {
    const prune::MaskSet masks = Ran("rounds = 1\nscope = \"explicit\"\nsparsity = 0.5\nlayers = "
                                     "{\"fc1.weight\" = 0.9, \"fc3.*\" = 0.0}\n")
                                     .masks();
    EXPECT_EQ(masks.at("fc1.weight").kept(), 36 * 300 / 10);
    EXPECT_EQ(masks.at("fc3.weight").kept(), 1000);
}

TEST(Criteria, MovementComesFromTheTraining) {
    const Ran ran("rounds = 1\nscope = \"global\"\nsparsity = 0.5\ncriterion = \"movement\"\n");
    const Weights trained = ran.weights(0, "weights.safetensors");
    const Weights movement = ran.weights(0, "movement.safetensors");
    auto candidates = prune::candidates(trained);
    for (prune::Candidate& candidate : candidates)
        candidate.signals["movement"] = movement.at(candidate.name).f32();
    EXPECT_EQ(ran.masks(), plan_global(std::move(candidates), "movement", 0.5).masks);
}

TEST(Criteria, ScoresMayBeTakenAnewWithinACut) {
    const std::string prune =
        "rounds = 1\nscope = \"global\"\nsparsity = 0.95\ncriterion = \"synflow\"\nschedule = "
        "\"before-training\"\n";
    const prune::MaskSet once = Ran(prune).masks();
    const prune::MaskSet often = Ran(prune + "score_rounds = 20\n").masks();
    EXPECT_EQ(once.kept(), kept_of(0.95));
    EXPECT_EQ(often.kept(), kept_of(0.95));
    EXPECT_NE(once, often);
}

TEST(MeasureSensitivity, CutsOneLayerAtATime) {
    const Ran ran("rounds = 0\n");
    const std::vector<double> grid = {0.5, 0.99};
    double last = 0;
    const auto points = measure_sensitivity(ran.recipe(), ran.dataset(), ran.run(), grid, [&](double done) {
        EXPECT_GT(done, last);
        last = done;
    });
    EXPECT_EQ(last, 1);
    ASSERT_EQ(points.size(), 3U * 3);
    const store::Stage dense = ran.record(0);
    for (std::size_t i = 0; i < points.size(); ++i) {
        EXPECT_EQ(points[i].layer,
                  (std::vector<std::string>{"fc1.weight", "fc2.weight", "fc3.weight"})[i / 3]);
        EXPECT_EQ(points[i].sparsity, i % 3 == 0 ? 0 : grid[i % 3 - 1]);
        if (i % 3 == 0) {
            EXPECT_EQ(points[i].accuracy, dense.validation_accuracy);
        }
    }
    EXPECT_GT(points[2].loss, points[0].loss);
}

void expect_refused(const std::string& prune, const std::string& words) {
    EXPECT_ERROR(BadRecipe, words, check_names(Recipe::from_text("[prune]\n" + prune, "r.toml")));
}

TEST(CheckPruning, RefusesWhatLatentsDoNotRead) {
    const std::string search = "rounds = 1\nsparsity = 0.5\nschedule = \"edge-popup\"\n";
    expect_refused(search + "every = \"10it\"\n", "schedule \"edge-popup\" does not read it");
    expect_refused(search + "remove = true\ngranularity = \"filter\"\n", "it moves single weights");
    expect_refused(search + "granularity = \"filter\"\n", "moves single weights, expected \"element\"");
    expect_refused(search + "[regularize]\nl2 = 0.1\n", "does not train the weights themselves");
    expect_refused("rounds = 1\nsparsity = 0.5\nschedule = \"top-kast\"\nbackward_sparsity = 0.6\n",
                   "expected at most prune.sparsity = 0.5");
    EXPECT_NO_THROW(check_names(Recipe::from_text(
        "[prune]\nrounds = 1\nsparsity = 0.5\nschedule = \"top-kast\"\n[regularize]\nl2 = 0.1\n", "r.toml")));
}

TEST(CheckPruning, RefusesWhatDoesNotGoTogether) {
    expect_refused("rounds = 1\nsparsity = 0.5\nweights = 10\n",
                   "r.toml:4: prune.weights = 10: there is another target");
    expect_refused("rounds = 2\nweights = 10\n",
                   "r.toml:3: prune.weights = 10: expected prune.rounds = 1 with it, got 2");
    expect_refused("rounds = 2\nmacs = 0.5\n", "prune.macs = 0.5: expected prune.rounds = 1");
    expect_refused("schedule = \"agp\"\nsparsity = 0.5\nrounds = 3\n",
                   "r.toml:4: prune.rounds = 3: schedule \"agp\"");
    expect_refused("schedule = \"agp\"\nrounds = 1\n", "prune.sparsity = 0.0: schedule \"agp\" needs it");
    expect_refused("schedule = \"agb\"\n", "prune.schedule = \"agb\" is not known; did you mean \"agp\"?");
    expect_refused("schedule = \"rigl\"\nrounds = 1\nsparsity = 0.5\ngranularity = \"filter\"\n",
                   "moves single weights, expected \"element\"");
    expect_refused("schedule = \"agp\"\nrounds = 1\nsparsity = 0.5\ngranularity = \"2:4\"\n",
                   "whose amount can grow");
    expect_refused("schedule = \"before-training\"\nrounds = 1\ncriterion = \"movement\"\n",
                   "nothing has moved");
    expect_refused("score_rounds = 5\n",
                   "prune.score_rounds = 5: expected prune.rounds = 1 and prune.sparsity with it");
    expect_refused("scope = \"sensitivity\"\n", "needs the file of a table");
    expect_refused("sensitivity = \"t.csv\"\n", "reads no table");
    expect_refused("at = \"2it\"\nschedule = \"agp\"\n",
                   "prune.at = \"2it\": schedule \"agp\" has steps of its own");
    expect_refused("at = \"2it\"\ncriterion = \"movement\"\n",
                   "movement is summed up to the end of training");
    expect_refused("spacing = \"lineal\"\n", "did you mean \"linear\"?");
    expect_refused("decay = \"cosin\"\n", "did you mean \"cosine\"?");
}

TEST(CheckTraining, RefusesWhatDoesNotGoTogether) {
    const auto refuse = [](const std::string& text, const std::string& words) {
        EXPECT_ERROR(BadRecipe, words, (check_names(Recipe::from_text(text, "r.toml")), 0));
    };
    refuse("[train]\nloss = \"distillation\"\n",
           "train.teacher = \"\": loss \"distillation\" needs the ONNX file of a teacher, or \"itself\"");
    refuse("[train]\nteacher = \"t.onnx\"\n",
           "r.toml:2: train.teacher = \"t.onnx\": loss \"cross-entropy\" has no teacher");
    refuse("[regularize]\ngroup_lasso = 0.1\ngroup = \"2:4\"\n",
           "r.toml:3: regularize.group = \"2:4\": a pattern");
    refuse("[regularize]\nl1 = 0.1\ngroup = \"2:4\"\n", "a pattern has no units");
    refuse("[regularize]\ngroup_lasso = 0.1\ngroup = \"filters\"\n", "did you mean \"filter\"?");
}

TEST(CheckPruning, RehearsalFindsWhatTheLibraryRefuses) {
    const data::Dataset dataset = testing::blob_dataset();
    const auto rehearse_with = [&](const std::string& prune) {
        rehearse(Recipe::from_text("[train]\nbatch_size = 100\n[prune]\n" + prune, "r.toml"), dataset);
    };
    EXPECT_ERROR(BadRecipe, "spacing \"linear\": rate 0.4 leaves nothing in round 3",
                 (rehearse_with("rounds = 3\nrate = 0.4\nspacing = \"linear\"\n"), 0));
    EXPECT_ERROR(BadRecipe, "\"fc9.weight\"",
                 (rehearse_with("rounds = 1\nscope = \"explicit\"\nlayers = {\"fc9.weight\" = 0.5}\n"), 0));
    EXPECT_ERROR(
        BadRecipe, "begin",
        (rehearse_with("rounds = 1\nschedule = \"agp\"\nsparsity = 0.5\nbegin = \"9ep\"\nend = \"3ep\"\n"),
         0));
    EXPECT_ERROR(BadRecipe, "batch normalisation scale",
                 (rehearse_with("criterion = \"batch-norm-scale\"\n"), 0));
    const std::string filters = "criterion = \"batch-norm-scale\"\ngranularity = \"filter\"\nrounds = 1\n";
    EXPECT_NO_THROW(rehearse_with(filters + "[model]\nnetwork = \"resnet-20\"\n"));
}

TEST(Names, NetworksAndInitializations) {
    const auto check = [](const char* model) {
        check_names(Recipe::from_text(std::string("[model]\n") + model, "r.toml"));
    };
    EXPECT_NO_THROW(check("network = \"mlp-64-32\"\ninitialization = \"kaiming-uniform\"\n"));
    EXPECT_ERROR(BadRecipe, "r.toml:2: model.network = \"mlp-x\"", (check("network = \"mlp-x\"\n"), 0));
    EXPECT_ERROR(BadRecipe, "did you mean \"glorot-normal\"",
                 (check("initialization = \"glorot-norml\"\n"), 0));
}

}  // namespace
}  // namespace espalier::lottery
