// Runs all stages of a recipe in worker processes, with a progress bar: what `ticket`, `prune` and `train`
// share.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/run_options.h"
#include "espalier/recipe.h"

namespace espalier::cli {

/// `facts` are left in the run, beside what machine and version made it. Throws Interrupted after Ctrl-C.
void run_stages(const Recipe& recipe, const std::filesystem::path& folder, const RunOptions& options,
                std::map<std::string, std::string> facts = {});

struct StageArguments {
    std::string recipe;
    std::string run;
    std::vector<std::string> changes;
    RunOptions options;
};
void add_stage_options(CLI::App& command, StageArguments& arguments);

/// The options and the callback of a verb that runs the stages of change(recipe); gives what the options
/// fill.
std::shared_ptr<StageArguments> define_stage_verb(
    CLI::App& command, std::function<Recipe(const Recipe& recipe)> change,
    std::function<std::map<std::string, std::string>()> facts = {});

/// The commit of the sources, with + if they had changed; "" outside of a repository.
std::string built_from();

}  // namespace espalier::cli
