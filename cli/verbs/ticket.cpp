// Iterative pruning with rewinding, controls and replicates; then latency, table and report. Or all of that
// by Slurm, and how far it is.
#include <memory>

#include "cli/experiment.h"
#include "cli/slurm_options.h"
#include "cli/verb.h"
#include "espalier/error.h"

namespace espalier::cli::verbs_::ticket_ {
namespace {

struct Arguments {
    ExperimentArguments experiment;
    SlurmArguments slurm;
    std::string status;
};

void run(const Arguments& arguments) {
    const ExperimentArguments& experiment = arguments.experiment;
    if (!arguments.status.empty()) return require_trainer({"status", arguments.status});
    if (experiment.recipe.empty()) throw InvalidArgument("ticket: expected a recipe, or --status RUN");
    if (!arguments.slurm.slurm) return run_experiment(experiment::RunOptions::Kind::ticket, experiment);
    run_trainer("ticket", experiment, run_folder(read_recipe(experiment), experiment),
                to_arguments(arguments.slurm));
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    add_experiment_options(command, arguments->experiment);
    add_data_parallel_option(command, arguments->experiment.options);
    add_slurm_options(command, arguments->slurm);
    CLI::Option* recipe = command.get_option("recipe")->required(false);
    command.add_option("--status", arguments->status, "Tell how far the run in this folder is, and stop")
        ->excludes(recipe);
    command.callback([arguments] { run(*arguments); });
}

}  // namespace

extern const Verb ticket{.name = "ticket",
                         .summary = "Search lottery tickets: prune, rewind, retrain, with controls",
                         .example = "espalier ticket recipes/demo.toml",
                         .define = define};

}  // namespace espalier::cli::verbs_::ticket_
