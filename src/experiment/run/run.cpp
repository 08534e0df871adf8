#include "experiment/run/run.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/error.h"
#include "espalier/report.h"
#include "experiment/run/trainer.h"

namespace espalier::experiment {
namespace {

/// The share of the whole that training is taken to be; measuring follows.
constexpr double kTraining = 0.95;

/// What the trainer printed last, without "espalier: ".
std::string words_of(const TrainerExit& exit) {
    const std::string_view prefix = "espalier: ";
    return exit.last_line.substr(exit.last_line.starts_with(prefix) ? prefix.size() : 0);
}

[[noreturn]] void fail(const TrainerExit& exit, const Watch& watch) {
    if (watch.is_stopped()) throw Interrupted(words_of(exit));
    if (exit.signal != 0) throw Error(fmt::format("the trainer was killed by signal {}", exit.signal));
    const std::string words = exit.last_line.empty() ? "the trainer failed" : words_of(exit);
    if (exit.code == 2) throw BadRecipe(words);
    throw Error(words);
}

}  // namespace

std::string_view name_of(RunOptions::Kind kind) {
    using enum RunOptions::Kind;
    switch (kind) {
        case prune:
            return "prune";
        case train:
            return "train";
        case study:
            return "study";
        case ticket:
            break;
    }
    return "ticket";
}

Recipe part_of(const Recipe& recipe, RunOptions::Kind kind) {
    if (kind == RunOptions::Kind::train) return recipe.dense_only();
    if (kind == RunOptions::Kind::prune) return recipe.without_controls();
    return recipe;
}

std::filesystem::path run_folder(const Recipe& recipe, const std::string& study) {
    std::string stem = std::filesystem::path(recipe.file_name).stem().string();
    if (!study.empty()) stem = study + "-" + stem;
    const auto folder_of = [&](const Recipe& named) {
        return std::filesystem::path("runs") /
               fmt::format("{}-{}", stem, hash_hex(named.identity()).substr(0, 8));
    };
    // Version 0.1.0 took the whole recipe.
    const std::filesystem::path whole = folder_of(recipe);
    return file_exists(whole / "run.sqlite") ? whole : folder_of(recipe.extensible());
}

std::vector<std::string> trainer_words(std::string_view verb, const std::filesystem::path& recipe,
                                       const std::filesystem::path& folder,
                                       const std::vector<std::string>& changes, const std::string& study) {
    std::vector<std::string> words = {std::string(verb), recipe.string(), "--run", folder.string()};
    for (const std::string& change : changes) words.insert(words.end(), {"--set", change});
    if (!study.empty()) words.insert(words.end(), {"--study", study});
    return words;
}

store::Run run(const std::filesystem::path& file, const RunOptions& options) {
    const Recipe recipe = part_of(Recipe::from_file(file, options.changes), options.kind);
    const std::filesystem::path folder =
        options.folder.empty() ? run_folder(recipe, options.study) : options.folder;
    Watch training = options.watch;
    training.progress = [&](double share, const std::string& what) {
        if (options.watch.progress) options.watch.progress(kTraining * share, what);
    };
    std::vector<std::string> words =
        trainer_words(name_of(options.kind), file, folder, options.changes, options.study);
    words.insert(words.end(), {"--jobs", std::to_string(options.jobs), "--checkpoint-seconds",
                               fmt::format("{}", options.checkpoint_seconds), "--progress-lines"});
    const TrainerExit exit =
        run_trainer(options.trainer.empty() ? trainer_path() : options.trainer, words, training);
    if (exit.code != 0 || exit.signal != 0) fail(exit, options.watch);

    store::Run run = store::Run::open(folder);
    Watch measuring = options.watch;
    measuring.progress = [&](double share, const std::string& what) {
        if (options.watch.progress) options.watch.progress(kTraining + (1 - kTraining) * share, what);
    };
    measure_tickets(recipe, run, measuring);
    measure_ensembles(recipe, run, measuring);
    report::write_html(run, folder / "report.html");
    return run;
}

}  // namespace espalier::experiment
