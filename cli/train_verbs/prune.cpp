// Train, prune and retrain by a recipe, without controls.
#include <memory>

#include "cli/stages.h"
#include "cli/verb.h"

namespace espalier::cli::train_verbs_ {
namespace {

struct Arguments {
    std::string recipe;
    std::string run;
    int jobs = 0;
};

void run(const Arguments& arguments) {
    run_stages(Recipe::from_file(arguments.recipe).without_controls(), arguments.run, arguments.jobs);
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("recipe", arguments->recipe, "Recipe file (TOML)")->required();
    command.add_option("--run", arguments->run, "Folder of the run")->required();
    command.add_option("--jobs", arguments->jobs, "Stages at a time, one core each (default: all cores)");
    command.callback([arguments] { run(*arguments); });
}

}  // namespace

extern const Verb prune{.name = "prune",
                        .summary = "Train, prune and retrain by a recipe, without controls",
                        .example = "espalier prune recipes/demo.toml",
                        .define = define};

}  // namespace espalier::cli::train_verbs_
