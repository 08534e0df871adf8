// Stages that are interrupted and go on: nothing that they had gathered is lost.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "base/files.h"
#include "espalier/error.h"
#include "lottery/ran.h"

namespace espalier::lottery {
namespace {

using testing::Ran;

/// Interrupts a stage as soon as `when` holds, which is asked after every step.
StageOptions interrupted_when(const std::function<bool()>& when) {
    StageOptions options;
    options.checkpoint_seconds = 1e9;
    options.on_progress = [when](const StageProgress&) {
        // Progress is told ten times a second: at every step that takes as long.
        std::this_thread::sleep_for(std::chrono::milliseconds(101));
        if (when()) throw Interrupted("stop");
    };
    return options;
}

std::map<std::string, std::string> notes_of(const store::Run& run) {
    auto facts = run.facts();
    std::erase_if(facts, [](const auto& fact) { return !fact.first.starts_with("note "); });
    return facts;
}

TEST(Resume, NotesOfAnInterruptedStageAreKept) {
    const std::string prune =
        "rounds = 1\nscope = \"global\"\nsparsity = 0.9\nevery = \"4it\"\nschedule = \"agp\"\nfloor = 900\n";
    const Ran whole(prune);
    const auto expected = notes_of(whole.run());
    ASSERT_GE(expected.size(), 2U) << "several cuts of the schedule have something to say";

    Ran other(prune, "", 1, {}, 1);  // the dense network alone
    int steps = 0;
    EXPECT_THROW(other.again(1, interrupted_when([&] { return ++steps == 18; })), Interrupted);
    EXPECT_TRUE(notes_of(other.run()).empty());
    other.again(1);
    EXPECT_EQ(notes_of(other.run()), expected);
    EXPECT_EQ(other.masks(1), whole.masks(1));
}

/// A stage that is interrupted in the middle ends in the bytes of one that was not.
void expect_same_when_interrupted(const std::string& prune, const std::string& more = "",
                                  std::size_t stage = 1) {
    const Ran whole(prune, more);
    Ran other(prune, more, 1, {}, stage);
    int steps = 0;
    EXPECT_THROW(other.again(stage, interrupted_when([&] { return ++steps == 13; })), Interrupted);
    other.again(stage);
    EXPECT_EQ(other.masks(stage), whole.masks(stage));
    EXPECT_EQ(other.weights(stage, "weights.safetensors"), whole.weights(stage, "weights.safetensors"));
}

TEST(Resume, LatentsGoOnWithTheirChoice) {
    const std::string prune = "rounds = 1\nsparsity = 0.75\nschedule = ";
    expect_same_when_interrupted(prune + "\"bernoulli-gates\"\n");
    expect_same_when_interrupted(prune + "\"top-kast\"\nevery = \"5it\"\n");
}

TEST(Resume, WhatWasEverUsedIsKept) {
    const std::string prune = "rounds = 1\nsparsity = 0.75\nschedule = \"set\"\nevery = \"4it\"\n";
    const auto explored = [](const Ran& ran) {
        return prune::load_masks(ran.run().stage_folder(ran.spec(1).hash) / "explored.safetensors");
    };
    const Ran whole(prune);
    Ran other(prune, "", 1, {}, 1);
    int steps = 0;
    EXPECT_THROW(other.again(1, interrupted_when([&] { return ++steps == 13; })), Interrupted);
    other.again(1);
    EXPECT_EQ(explored(other), explored(whole));
}

TEST(Resume, AGradualControlGoesOn) {
    expect_same_when_interrupted("rounds = 1\nrate = 0.6\n", "controls = [\"single-cycle\"]\n", 2);
}

constexpr const char* kStability =
    "stability = [\"0it\"]\nstability_levels = [0]\nstability_points = 5\nstability_examples = 50\n";

TEST(Resume, AStabilityGoesOnBetweenItsPoints) {
    const Ran whole("rounds = 0\n", kStability);
    const store::Stability expected = whole.run().stabilities().at(0);
    ASSERT_EQ(expected.points.size(), 5U);
    EXPECT_EQ(expected.points[1].alpha, 0.25);
    for (const auto& point : expected.points) {  // multiples of a 50th, as 50 examples are measured
        EXPECT_NEAR(50 * point.train_error, std::round(50 * point.train_error), 1e-9);
        EXPECT_NEAR(50 * point.test_error, std::round(50 * point.test_error), 1e-9);
    }

    Ran other("rounds = 0\n", kStability, 1, {}, 1);
    const auto folder = other.run().stage_folder(other.spec(1).hash);
    int points = 0;
    EXPECT_THROW(other.again(1, interrupted_when([&] {
                                 return file_exists(folder / "copy-2.safetensors") && ++points == 4;
                             })),
                 Interrupted);
    const Tensor line = read_safetensors(folder / "line.safetensors").tensors.at("points");
    EXPECT_EQ(line.shape(), (Shape{3, 3}));
    EXPECT_TRUE(other.run().stabilities().empty());
    other.again(1);
    const store::Stability resumed = other.run().stabilities().at(0);
    ASSERT_EQ(resumed.points.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(resumed.points[i].alpha, expected.points[i].alpha);
        EXPECT_EQ(resumed.points[i].train_error, expected.points[i].train_error);
        EXPECT_EQ(resumed.points[i].test_error, expected.points[i].test_error);
    }
    EXPECT_FALSE(file_exists(folder / "line.safetensors"));
}

TEST(Resume, ADamagedCheckpointIsNamedOnce) {
    Ran ran("rounds = 1\n", "", 1, {}, 0);
    const auto path = ran.run().stage_folder(ran.spec(0).hash) / "checkpoint.safetensors";
    write_text(path, "not a checkpoint at all");
    try {
        ran.again(0);
        FAIL() << "nothing was thrown";
    } catch (const BadData& error) {
        const std::string text = error.what();
        EXPECT_EQ(text.find(path.string()), 0U) << text;
        EXPECT_EQ(text.rfind(path.string()), 0U) << text;
        EXPECT_NE(text.find("without this file training begins anew"), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace espalier::lottery
