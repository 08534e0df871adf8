// What running a recipe tells and refuses. The trainer is a script here: what it says is what counts.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>

#include "base/expect_error.h"
#include "base/files.h"
#include "base/temporary_folder.h"
#include "espalier/experiment.h"
#include "experiment/run/trainer.h"

namespace espalier::experiment {
namespace {

using espalier::testing::TemporaryFolder;

class Trainer : public ::testing::Test {
  protected:
    std::filesystem::path script(const std::string& body) {
        const std::filesystem::path path = folder_ / "trainer";
        write_text(path, "#!/bin/sh\n" + body);
        ::chmod(path.c_str(), 0755);
        return path;
    }
    std::filesystem::path recipe() {
        write_text(folder_ / "r.toml", "[experiment]\nseed = 3\n");
        return folder_ / "r.toml";
    }

    TemporaryFolder folder_;
};

TEST_F(Trainer, ToldSharesBecomeProgress) {
    std::vector<std::pair<double, std::string>> told;
    const TrainerExit exit = run_trainer(
        script("echo 0.25 level 1; echo not a share; echo 0.5; echo 'espalier: a remark' >&2; exit 1"), {},
        {.progress = [&](double share, const std::string& what) { told.emplace_back(share, what); }});
    EXPECT_EQ(exit.code, 1);
    EXPECT_EQ(exit.last_line, "espalier: a remark");
    EXPECT_EQ(told, (std::vector<std::pair<double, std::string>>{{0.25, "level 1"}, {0.5, ""}}));
}

TEST_F(Trainer, IsAskedToStop) {
    std::atomic<bool> stop = false;
    const std::string body =
        "trap 'echo \"espalier: stopped; the same command goes on\" >&2; exit 1' INT\n"
        "echo 0.1 a\n"
        "while :; do sleep 0.05; done";
    EXPECT_ERROR(Interrupted, "stopped; the same command goes on",
                 run(recipe(), {.folder = folder_ / "run",
                                .trainer = script(body),
                                .watch = {.progress = [&](double, const std::string&) { stop = true; },
                                          .stop = &stop}}));
}

TEST_F(Trainer, SpeaksThroughTheErrorThatIsThrown) {
    const auto run_with = [&](const std::string& body) {
        run(recipe(), {.folder = folder_ / "run", .trainer = script(body)});
    };
    EXPECT_ERROR(BadRecipe, "r.toml:2: no such thing",
                 run_with("echo 'espalier: r.toml:2: no such thing' >&2; exit 2"));
    EXPECT_ERROR(Error, "the disk is full", run_with("echo 'espalier: the disk is full' >&2; exit 1"));
    EXPECT_ERROR(Error, "the trainer failed", run_with("exit 1"));
    EXPECT_ERROR(Error, "the trainer was killed by signal 9", run_with("kill -9 $$"));
    EXPECT_ERROR(Error, "could not run: exit code 127",
                 run(recipe(), {.folder = folder_ / "run", .trainer = folder_ / "not there"}));
}

TEST_F(Trainer, GetsTheRecipeAsItIsAskedFor) {
    const auto words_of = [&](RunOptions options) {
        options.folder = folder_ / "run";
        options.trainer = script("echo \"$@\" > " + (folder_ / "words").string() + "; exit 1");
        EXPECT_THROW(run(recipe(), options), Error);
        return read_text(folder_ / "words");
    };
    const std::string start = " " + (folder_ / "r.toml").string() + " --run " + (folder_ / "run").string();
    EXPECT_EQ(words_of({}), "ticket" + start + " --jobs 0 --checkpoint-seconds 30 --progress-lines\n");
    EXPECT_EQ(
        words_of({.kind = RunOptions::Kind::study,
                  .study = "tradeoff",
                  .changes = {"experiment.seed=4"},
                  .jobs = 2,
                  .checkpoint_seconds = 1.5}),
        "study" + start +
            " --set experiment.seed=4 --study tradeoff --jobs 2 --checkpoint-seconds 1.5 --progress-lines\n");
}

TEST(Cut, CountsAndRefuses) {
    Graph empty;
    empty.name = "nothing";
    EXPECT_ERROR(InvalidModel, "network \"nothing\" has no weights to prune", cut(empty, {}));
    EXPECT_ERROR(InvalidArgument, "criterion \"snip\" needs the ", cut(empty, {.criterion = "snip"}));
}

}  // namespace
}  // namespace espalier::experiment
