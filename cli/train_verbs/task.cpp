// Trains the stages of one task of a job array. For Slurm, not for people.
#include <csignal>
#include <iostream>
#include <memory>

#include "cli/verb.h"
#include "espalier/error.h"
#include "lottery/cluster/submission.h"

namespace espalier::cli::train_verbs_::task_ {
namespace {

constexpr int kAgain = 75;  // the script then asks Slurm to queue the job again

std::atomic<bool> time_is_up{false};

struct Arguments {
    std::string folder;
    std::int64_t array = 0;
    std::int64_t task = 0;
    lottery::TaskOptions options;
};

void run(const Arguments& arguments) {
    static std::atomic<bool> stop{false};
    for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) {
        std::signal(signal, [](int which) {
            if (which == SIGUSR1) time_is_up = true;
            stop = true;
        });
    }
    store::Run run = store::Run::open(arguments.folder);
    const Recipe recipe = Recipe::from_text(run.recipe(), (run.folder() / "recipe.toml").string());
    const data::Dataset dataset = data::load(lottery::source_of(recipe));
    lottery::TaskOptions options = arguments.options;
    options.stop = &stop;
    options.on_line = [](const std::string& line) { std::cout << line << std::endl; };
    try {
        lottery::run_task(lottery::plan(recipe, dataset),
                          lottery::task_of(run.folder(), arguments.array, arguments.task), recipe, dataset,
                          run, options);
    } catch (const Interrupted&) {
        if (!time_is_up) throw;
        std::cout << "the time limit is near: queued again" << std::endl;
        throw CLI::RuntimeError(kAgain);
    }
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("run", arguments->folder, "Folder of the run")->required();
    command.add_option("array", arguments->array, "Which array of the run")->required();
    command.add_option("task", arguments->task, "Which task of it")->required();
    command.add_option("--checkpoint-seconds", arguments->options.checkpoint_seconds, "Between checkpoints");
    command.callback([arguments] { run(*arguments); });
}

}  // namespace

extern const Verb task{.name = "task",
                       .summary = "Train the stages of one task of a job array",
                       .example = "espalier-train task runs/demo 0 3",
                       .define = define};

}  // namespace espalier::cli::train_verbs_::task_
