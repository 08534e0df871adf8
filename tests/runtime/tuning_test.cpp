// How much is timed when a graph is compiled, and what is kept of it.
#include <gtest/gtest.h>

#include <algorithm>

#include <fstream>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "espalier/runtime.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"
#include "runtime/tuning/tuning_table.h"

namespace espalier {
namespace {

using runtime::LayerProfile;
using runtime::Options;
using testing::TemporaryFolder;

Graph network() { return test::perceptron({300, 200, 200, 200, 10}, 0.1); }

const NamedTensors& inputs() {
    static const NamedTensors x = {{"x", test::random_tensor({64, 300}, "x")}};
    return x;
}

std::vector<LayerProfile> profile_of(const Graph& graph, const Options& options) {
    runtime::Session session = runtime::compile(graph, options);
    test::expect_near(session.run(inputs())[0], test::run_plainly(graph, inputs()).at(graph.outputs[0].name),
                      1e-5);
    return session.profile();
}

bool was_timed(const LayerProfile& layer) { return layer.measured_us > 0; }

TEST(Tuning, NoneTimesNothingAndGivesTheSameProgramEachTime) {
    const Options options{.threads = 2, .tuning = Options::Tuning::none};
    const auto first = profile_of(network(), options);
    const auto second = profile_of(network(), options);
    ASSERT_EQ(first.size(), second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        EXPECT_FALSE(was_timed(first[i])) << first[i].node;
        EXPECT_EQ(first[i].kernel, second[i].kernel);
        EXPECT_EQ(first[i].why, second[i].why);
        EXPECT_EQ(first[i].threads, second[i].threads);
        EXPECT_EQ(first[i].predicted_us, second[i].predicted_us);
    }
}

TEST(Tuning, NoneTakesSparseKernelsWhereTheModelIsSure) {
    const Options options{.threads = 1, .tuning = Options::Tuning::none};
    EXPECT_NE(profile_of(network(), options)[0].why.find("to panels"), std::string::npos);
    for (const LayerProfile& layer : profile_of(test::perceptron({300, 200, 10}), options))
        EXPECT_EQ(layer.kernel.find("spmm"), std::string::npos);
}

TEST(Tuning, FullTimesEveryLayerWithAChoice) {
    for (const LayerProfile& layer : profile_of(network(), {.threads = 1, .tuning = Options::Tuning::full})) {
        EXPECT_TRUE(layer.weights == 0 || was_timed(layer)) << layer.node;
    }
}

TEST(Tuning, WhatWasKeptIsNotTimedAgain) {
    const TemporaryFolder folder;
    const std::string file = (folder / "tuned.json").string();
    const Graph graph = network();
    runtime::Session session = runtime::compile(graph, {.threads = 2, .tuning = Options::Tuning::full});
    session.run(inputs());
    session.keep_tuning(file);
    const auto kept = profile_of(graph, {.threads = 2, .tuning = Options::Tuning::none, .tuned = file});
    ASSERT_EQ(kept.size(), session.profile().size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(kept[i].kernel, session.profile()[i].kernel);
        EXPECT_EQ(kept[i].threads, session.profile()[i].threads);
        EXPECT_NEAR(kept[i].measured_us, session.profile()[i].measured_us, 1e-3);
    }
    // Layers of another network are not in it.
    for (const LayerProfile& layer :
         profile_of(test::perceptron({300, 100, 10}, 0.1),
                    {.threads = 2, .tuning = Options::Tuning::none, .tuned = file}))
        EXPECT_TRUE(layer.weights == 0 || !was_timed(layer)) << layer.node;
}

/// What the model was sure not to time does not make a layer count as one that was never timed: every new
/// length of a decoder's past would be timed anew.
TEST(Tuning, QuickTimesWhatItLeftOpenOnce) {
    const TemporaryFolder folder;
    for (const double density : {0.9, 0.5, 0.1}) {
        const Graph graph = test::perceptron({300, 400, 500, 10}, density);
        const std::string first = (folder / "first.json").string(),
                          second = (folder / "second.json").string();
        const Options options{.threads = 1, .tuning = Options::Tuning::quick};
        const NamedTensors row = {{"x", test::random_tensor({1, 300}, "x")}};
        runtime::Session session = runtime::compile(graph, options);
        session.run(row);
        session.keep_tuning(first);
        Options known = options;
        known.tuned = first;
        runtime::Session again = runtime::compile(graph, known);
        again.run(row);
        again.keep_tuning(second);
        EXPECT_EQ(read_text(first), read_text(second)) << density;  // any new time would be another number
        std::filesystem::remove(first);
        std::filesystem::remove(second);
    }
}

TEST(Tuning, FilesOfOtherMachinesAreKeptAndHaveNoEffect) {
    const TemporaryFolder folder;
    const std::string file = (folder / "tuned.json").string();
    write_text(file, R"({"format": "espalier tuning 1", "machines": {"another": {"layers": 7}}})");
    runtime::TuningTable table;
    table.read(file);
    EXPECT_EQ(table.layer("a"), nullptr);
    table.set_layer("a", {.us = {{"k", 1.5}}, .full = true});
    table.set_program("p", {Options::Choice::measured, 2, runtime::Layout::blocked});
    table.write(file);
    EXPECT_NE(read_text(file).find("another"), std::string::npos);
    runtime::TuningTable again;
    again.read(file);
    ASSERT_NE(again.layer("a"), nullptr);
    EXPECT_EQ(again.layer("a")->us.at("k"), 1.5);
    EXPECT_TRUE(again.layer("a")->full);
    EXPECT_EQ(again.program("p")->images, runtime::Layout::blocked);
    EXPECT_EQ(again.program("p")->threads, 2);
}

TEST(Tuning, DamagedFilesAreRefused) {
    const TemporaryFolder folder;
    const std::string file = (folder / "tuned.json").string();
    const auto read = [&](const std::string& text) {
        write_text(file, text);
        runtime::TuningTable().read(file);
    };
    EXPECT_ERROR(BadData, "not a tuning file, expected a file that --tuned wrote", read("no json"));
    EXPECT_ERROR(BadData, "not a tuning file", read("{}"));
    EXPECT_ERROR(BadData, "not a tuning file", read(R"({"format": "espalier tuning 1", "machines": []})"));
    runtime::TuningTable table;
    table.set_layer("a", {.us = {{"k", 1.5}}, .full = true});
    table.write(folder / "good.json");
    std::string text = read_text(folder / "good.json");
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        changed.replace(changed.find(from), from.size(), to);
        return changed;
    };
    EXPECT_ERROR(BadData, "the time of \"k\" is not a positive number", read(with("1.5", "-1")));
    EXPECT_ERROR(BadData, "the time of \"k\" is not a positive number", read(with("1.5", "\"x\"")));
    table.set_program("p", {Options::Choice::dense, 1, runtime::Layout::row_major});
    table.write(folder / "good.json");
    text = read_text(folder / "good.json");
    EXPECT_ERROR(BadData, "images lie \"upside down\"", read(with("row by row", "upside down")));
    EXPECT_ERROR(BadData, "a layer has no full and us", read(with("\"us\"", "\"as\"")));
    EXPECT_ERROR(BadData, "a machine has no layers and programs", read(with("\"layers\"", "\"lawyers\"")));
}

TEST(Tuning, WhatIsForcedIsForcedHoweverMuchIsTimed) {
    // 60 % left: by the model dense is faster.
    const Graph graph = test::perceptron({300, 200, 200, 10}, 0.6);
    for (const auto tuning : {Options::Tuning::none, Options::Tuning::quick, Options::Tuning::full}) {
        for (const auto choice : {Options::Choice::dense, Options::Choice::sparse}) {
            for (const LayerProfile& layer :
                 profile_of(graph, {.threads = 2, .choice = choice, .tuning = tuning})) {
                if (layer.weights == 0 || layer.kernel == "fused") continue;
                EXPECT_EQ(layer.kernel.find("(oneDNN)") == std::string::npos,
                          choice == Options::Choice::sparse)
                    << layer.node << " " << layer.kernel;
            }
        }
    }
}

TEST(Tuning, ProgressReachesTheEnd) {
    std::vector<double> shares;
    runtime::Session session = runtime::compile(
        network(), {.threads = 1, .progress = [&](double share) { shares.push_back(share); }});
    session.run(inputs());
    ASSERT_FALSE(shares.empty());
    EXPECT_TRUE(std::ranges::is_sorted(shares));
    EXPECT_EQ(shares.back(), 1);
}

}  // namespace
}  // namespace espalier
