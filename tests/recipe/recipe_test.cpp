#include "espalier/recipe.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "espalier/error.h"

namespace espalier {
namespace {

std::string error_of(const std::string& text) {
    try {
        Recipe::from_text(text, "r.toml");
    } catch (const BadRecipe& error) {
        return error.what();
    }
    return "no error";
}

TEST(Length, ParsesEveryForm) {
    EXPECT_EQ(Length::parse("20ep"), (Length{20, 0}));
    EXPECT_EQ(Length::parse("500it"), (Length{0, 500}));
    EXPECT_EQ(Length::parse("2ep50it"), (Length{2, 50}));
    EXPECT_EQ(Length::parse("2ep50it").steps(100), 250);
}

TEST(Length, RefusesWhatIsNotALength) {
    for (const char* text :
         {"", "20", "ep", "it", "5it2ep", "-1ep", "2 ep", "2ep ", "9999999999999it", "1.5ep"}) {
        EXPECT_THROW(Length::parse(text), InvalidArgument) << text;
    }
}

TEST(Length, WritesWhatItReads) {
    for (const char* text : {"20ep", "500it", "2ep50it", "0it"})
        EXPECT_EQ(Length::parse(text).to_string(), text);
}

TEST(Recipe, ReadsEverySection) {
    const Recipe recipe = Recipe::from_text(R"(
[train]
steps = "10ep"
optimizer = {name = "sgd", learning_rate = 0.1, nesterov = true}
[prune]
rate = 0.3
[experiment]
controls = ["reinitialize"]
control_levels = [1, 5]
)",
                                            "r.toml");
    EXPECT_EQ(recipe.train.steps, (Length{10, 0}));
    EXPECT_EQ(recipe.train.optimizer.name, "sgd");
    EXPECT_TRUE(recipe.train.optimizer.nesterov);
    EXPECT_DOUBLE_EQ(recipe.train.optimizer.learning_rate, 0.1);
    EXPECT_DOUBLE_EQ(recipe.prune.rate, 0.3);
    EXPECT_EQ(recipe.experiment.controls, std::vector<std::string>{"reinitialize"});
    EXPECT_EQ(recipe.experiment.control_levels, (std::vector<std::int64_t>{1, 5}));
    EXPECT_EQ(recipe.data.dataset, "fashion-mnist");
}

TEST(Recipe, ResolvedReadsBackToTheSame) {
    const Recipe recipe =
        Recipe::from_text("[data]\npath = \"a \\\"b\\\\\"\n[prune]\nrate = 0.1\n", "r.toml");
    const Recipe again = Recipe::from_text(recipe.resolved(), "resolved.toml");
    EXPECT_EQ(again.resolved(), recipe.resolved());
    EXPECT_EQ(again.data.path, "a \"b\\");
}

TEST(Recipe, ResolvedNamesOneNetwork) {
    const Recipe recipe = Recipe::from_text("[model]\nonnx = \"m.onnx\"\n", "r.toml");
    const Recipe again = Recipe::from_text(recipe.resolved(), "resolved.toml");
    EXPECT_EQ(again.model.onnx, "m.onnx");
    EXPECT_FALSE(again.lines.contains("model.network"));  // with both it would be refused
}

TEST(Recipe, TablesOfNamesThatTheUserChooses) {
    const Recipe recipe =
        Recipe::from_text("[prune.layers]\n\"fc1.weight\" = 0.9\nfc2.weight = 0.5\n\"*\" = 0.1\n", "r.toml");
    const std::map<std::string, double> expected = {{"*", 0.1}, {"fc1.weight", 0.9}, {"fc2.weight", 0.5}};
    EXPECT_EQ(recipe.prune.layers, expected);
    EXPECT_EQ(Recipe::from_text(recipe.resolved(), "r.toml").prune.layers, expected);
    EXPECT_EQ(error_of("[prune]\nlayers = 3\n"),
              "r.toml:2: prune.layers = 3: expected a table, such as {\"fc1.weight\" = 0.5}");
    EXPECT_EQ(error_of("[prune.layers]\na = \"x\"\n"), "r.toml:2: prune.layers.a = \"x\": expected a number");
}

TEST(Recipe, DataChoices) {
    const Recipe recipe =
        Recipe::from_text("[data]\nnormalize = \"computed\"\nflip = true\ncrop = 4\n", "r.toml");
    EXPECT_EQ(recipe.data.normalize, "computed");
    EXPECT_TRUE(recipe.data.flip);
    EXPECT_EQ(recipe.data.crop, 4);
    EXPECT_EQ(
        error_of("[data]\nnormalize = \"compute\"\n"),
        "r.toml:2: data.normalize = \"compute\": expected \"stored\", \"computed\" or \"\" (the data set's "
        "own)");
    EXPECT_EQ(error_of("[data]\ncrop = -1\n"), "r.toml:2: data.crop = -1: expected 0 to 10,000");
}

TEST(Recipe, UnknownKeyNamesTheNearest) {
    EXPECT_EQ(error_of("[prune]\nrat = 0.2\n"),
              "r.toml:2: the key prune.rat is not known; did you mean \"prune.rate\"?");
    EXPECT_EQ(error_of("\n\n[train]\noptimiser = {name = \"adam\"}\n").substr(0, 11), "r.toml:4: t");
}

TEST(Recipe, WrongTypeSaysWhatIsExpected) {
    EXPECT_EQ(error_of("[prune]\nrounds = \"many\"\n"),
              "r.toml:2: prune.rounds = \"many\": expected a whole number");
    EXPECT_EQ(error_of("[train]\nsteps = 20\n"),
              "r.toml:2: train.steps = 20: expected a length such as \"20ep\", \"500it\" or \"2ep50it\"");
    EXPECT_EQ(error_of("[model]\nnetwork = 3\n"), "r.toml:2: model.network = 3: expected a text in quotes");
}

TEST(Recipe, ValueOutOfRange) {
    EXPECT_EQ(error_of("[prune]\nrate = 1.0\n"),
              "r.toml:2: prune.rate = 1.0: expected a number between 0 and 1, both excluded");
    EXPECT_EQ(error_of("[prune]\nrate = 0\n"),
              "r.toml:2: prune.rate = 0: expected a number between 0 and 1, both excluded");
    EXPECT_EQ(error_of("[prune]\nrate = nan\n").substr(0, 21), "r.toml:2: prune.rate ");
    EXPECT_EQ(error_of("[experiment]\nreplicates = 0\n"),
              "r.toml:2: experiment.replicates = 0: expected 1 to 10,000");
}

TEST(Recipe, BrokenTomlNamesTheLine) { EXPECT_EQ(error_of("[prune\nrate = 1\n").substr(0, 9), "r.toml:1:"); }

TEST(Recipe, FailPointsAtTheValue) {
    const Recipe recipe = Recipe::from_text("[prune]\n\ncriterion = \"magnitud\"\n", "r.toml");
    try {
        recipe.fail("prune.criterion", " is not known");
        FAIL() << "no error";
    } catch (const BadRecipe& error) {
        EXPECT_STREQ(error.what(), "r.toml:3: prune.criterion = \"magnitud\" is not known");
    }
}

TEST(Recipe, DeviationsLeaveOutDefaults) {
    const Recipe recipe = Recipe::from_text(
        "[prune]\nrate = 0.2\nscope = \"global\"\nrounds = 3\n[train]\nbatch_size = 128\n", "r.toml");
    EXPECT_EQ(recipe.deviations({"train", "prune"}),
              "train.batch_size = 128\nprune.scope = \"global\"\nprune.rounds = 3\n");
    EXPECT_EQ(recipe.deviations({"prune.rate", "model"}), "");
}

/// A field that is added later, with its default, leaves the identity of older recipes.
TEST(Recipe, IdentityIsWhatDiffersFromTheDefaultsOfArmsToo) {
    EXPECT_EQ(Recipe().dense_only().identity(), "prune.rounds = 0\n");
    const Recipe recipe = Recipe::from_text(
        "[prune]\nrounds = 3\noutput_layer_rate = 0.1\n[experiment]\nmetrics = "
        "[\"top-5\"]\n[arms.a]\nprune.rate = 0.5\n",
        "r.toml");
    EXPECT_EQ(recipe.identity(),
              "prune.rounds = 3\nexperiment.metrics = [\"top-5\"]\n"
              "[a]\nprune.rounds = 3\nprune.rate = 0.5\nexperiment.metrics = [\"top-5\"]\n");
}

/// Hashes of recipes that say 0.1 stay; those of recipes that left it open say what it is, where it is read.
TEST(Recipe, TheOutputLayersRateIsHashedAsItActs) {
    const auto hashed = [](const std::string& prune) {
        return Recipe::from_text("[prune]\n" + prune, "r.toml").deviations({"prune.output_layer_rate"});
    };
    EXPECT_EQ(hashed("output_layer_rate = 0.1\n"), "");
    EXPECT_EQ(hashed("output_layer_rate = 0.05\n"), "prune.output_layer_rate = 0.05\n");
    EXPECT_EQ(hashed(""), "prune.output_layer_rate = 0.2\n");
    EXPECT_EQ(hashed("rate = 0.1\n"), "");
    EXPECT_EQ(hashed("scope = \"global\"\n"), "");
    EXPECT_EQ(hashed("sparsity = 0.5\n"), "");
    EXPECT_EQ(hashed("layers = {\"fc1.weight\" = 0.5}\n"), "");
    const Recipe open = Recipe::from_text("", "r.toml");
    EXPECT_EQ(Recipe::from_text(open.resolved(), "r.toml").resolved(), open.resolved());
}

TEST(Recipe, OwnValuesAreThoseThatAreNotTheDefault) {
    const Recipe recipe =
        Recipe::from_text("[prune]\nrate = 0.2\nrounds = 3\n", "r.toml", {"train.optimizer.momentum=0.5"});
    EXPECT_EQ(recipe.own_value("prune.rounds"), "3");
    EXPECT_EQ(recipe.own_value("prune.rate"), "");
    EXPECT_EQ(recipe.own_value("train.optimizer.momentum"), "0.5");
    EXPECT_EQ(recipe.lines.at("train.optimizer.momentum"), 0);
    EXPECT_EQ(recipe.lines.at("prune.rounds"), 3);
}

/// Sums and products of recipe numbers stay within 64 bits.
TEST(Recipe, EveryNumberHasABound) {
    for (const char* key :
         {"data.validation", "data.test", "data.crop", "train.batch_size", "prune.floor",
          "prune.signal_batches", "prune.score_rounds", "prune.rounds", "prune.weights",
          "retrain.batch_norm_batches", "experiment.replicates", "bench.batch", "bench.threads"}) {
        EXPECT_THROW(Recipe::from_text("", "r.toml", {fmt::format("{}=9223372036854775807", key)}), BadRecipe)
            << key;
    }
    for (const char* key : {"train.temperature", "train.clip_gradient", "train.optimizer.learning_rate",
                            "train.optimizer.weight_decay", "train.optimizer.epsilon", "regularize.l1",
                            "regularize.l2", "regularize.group_lasso", "retrain.learning_rate"}) {
        for (const char* value : {"inf", "1e300", "nan"})
            EXPECT_THROW(Recipe::from_text("", "r.toml", {fmt::format("{}={}", key, value)}), BadRecipe)
                << key;
    }
    EXPECT_THROW(Length::parse("9999999999ep"), InvalidArgument);
    EXPECT_EQ(Length::parse("999999999ep").epochs, 999'999'999);
}

TEST(Recipe, DenseOnlyHasNoRounds) {
    const Recipe dense =
        Recipe::from_text("[experiment]\ncontrols = [\"random-mask\"]\n", "r.toml").dense_only();
    EXPECT_EQ(dense.prune.rounds, 0);
    EXPECT_TRUE(dense.experiment.controls.empty());
    const Recipe scoped =
        Recipe::from_text("[prune]\nscope = \"sensitivity\"\nsensitivity = \"none.csv\"\n", "r.toml")
            .dense_only();
    EXPECT_EQ(scoped.prune.scope, Recipe().prune.scope);
    EXPECT_EQ(scoped.prune.sensitivity, "");
}

TEST(Recipe, ExtensibleLeavesOutWhatARunMayBeGivenLaterOn) {
    const std::string base = "[prune]\nrate = 0.3\n[arms.one-shot]\nprune.one_shot = true\n";
    const auto of = [&](const std::vector<std::string>& changes) {
        return Recipe::from_text(base, "r.toml", changes).extensible().identity();
    };
    const std::string plain = of({});
    for (const char* change :
         {"experiment.replicates=5", "experiment.controls=[\"random-mask\"]",
          "experiment.stability=[\"0it\"]", "experiment.stability_points=5", "experiment.metrics=[\"top-5\"]",
          "prune.rounds=3", "bench.batch=1", "bench.threads=2", "data.path=elsewhere"})
        EXPECT_EQ(of({change}), plain) << change;
    for (const char* change : {"experiment.seed=2", "experiment.evaluate_every=7it", "prune.rate=0.4",
                               "train.steps=1ep", "data.validation=7", "retrain.to=3it"})
        EXPECT_NE(of({change}), plain) << change;
    EXPECT_NE(of({"prune.sparsity=0.9", "prune.rounds=3"}), of({"prune.sparsity=0.9", "prune.rounds=4"}));
    EXPECT_NE(of({"prune.rounds=0"}), plain) << "a dense network alone";
}

TEST(Recipe, MissingFile) { EXPECT_THROW(Recipe::from_file("/nonexistent/r.toml"), IoError); }

TEST(Recipe, ChangesCountMoreThanTheFile) {
    const Recipe recipe =
        Recipe::from_text("[train]\nsteps = \"2ep\"\n", "r.toml",
                          {"train.steps=5ep", "prune.rate=0.3", "experiment.controls=[\"random-mask\"]",
                           "train.optimizer.name=sgd"});
    EXPECT_EQ(recipe.train.steps, (Length{5, 0}));
    EXPECT_EQ(recipe.prune.rate, 0.3);
    EXPECT_EQ(recipe.experiment.controls, std::vector<std::string>{"random-mask"});
    EXPECT_EQ(recipe.train.optimizer.name, "sgd");
    const auto error = [](const std::string& change) {
        try {
            Recipe::from_text("", "r.toml", {change});
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    EXPECT_EQ(error("train.step=5ep"),
              "r.toml: the key train.step is not known; did you mean \"train.steps\"?");
    EXPECT_EQ(error("train.steps=5"),
              "r.toml: train.steps = 5: expected a length such as \"20ep\", \"500it\" or \"2ep50it\"");
    EXPECT_EQ(error("train"), "change \"train\": expected KEY=VALUE, such as train.steps=5ep");
}

}  // namespace
}  // namespace espalier
