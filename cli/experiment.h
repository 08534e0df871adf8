// The whole of an experiment: stages in the trainer, latency in the runtime, report. `ticket` runs all of a
// recipe, `train` only its dense network.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <string>

#include "cli/run_options.h"
#include "espalier/experiment.h"
#include "espalier/recipe.h"

namespace espalier::cli {

struct ExperimentArguments {
    std::string recipe;
    std::string run;                        // "": runs/NAME-HASH, of the recipe's file name and extensible()
    std::vector<std::string> changes = {};  // of the recipe, "KEY=VALUE"
    std::string study = {};                 // verb "study": which
    std::string output = {};                // verb "prune": where the pruned network is written, to be run
    std::vector<std::string> without_passes = {};  // of those over what is written
    RunOptions options;
    bool json = false;
    bool wide = false;
};

void add_experiment_options(CLI::App& command, ExperimentArguments& arguments);

/// Throws what Recipe::from_file() throws, and InvalidArgument for an ONNX file.
Recipe read_recipe(const ExperimentArguments& arguments);

/// The folder asked for, or experiment::run_folder().
std::filesystem::path run_folder(const Recipe& recipe, const ExperimentArguments& arguments);

/// Runs `verb` of the trainer with these arguments and `more`; ends the verb with its exit code if that is
/// not 0.
void run_trainer(const std::string& verb, const ExperimentArguments& arguments,
                 const std::filesystem::path& folder, const std::vector<std::string>& more = {});

void run_experiment(experiment::RunOptions::Kind kind, const ExperimentArguments& arguments);

/// A verb that is only that.
void define_experiment_verb(CLI::App& command, experiment::RunOptions::Kind kind);

/// False in a build without the trainer (preset runtime).
bool has_trainer();

/// Runs the trainer with these arguments; it prints for itself, and Ctrl-C reaches it. Ends the verb with its
/// exit code if that is not 0.
void require_trainer(const std::vector<std::string>& arguments);

}  // namespace espalier::cli
