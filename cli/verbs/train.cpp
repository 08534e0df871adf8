// Trains the dense network of a recipe; then latency, table and report.
#include <memory>

#include "cli/experiment.h"
#include "cli/verb.h"

namespace espalier::cli::verbs_::train_ {
namespace {

void define(CLI::App& command) {
    const auto arguments = std::make_shared<ExperimentArguments>();
    add_experiment_options(command, *arguments);
    command.callback([arguments] { run_experiment(experiment::RunOptions::Kind::train, *arguments); });
}

}  // namespace

extern const Verb train{.name = "train",
                        .summary = "Train the dense network of a recipe",
                        .example = "espalier train recipes/demo.toml",
                        .define = define};

}  // namespace espalier::cli::verbs_::train_
