// Runs all stages of a recipe in worker processes, with a progress bar: what `ticket`, `prune` and `train`
// share.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>

#include "cli/run_options.h"
#include "espalier/recipe.h"
#include "espalier/store.h"

namespace espalier::cli {

/// `note` may leave facts in the run before it starts. Throws Interrupted after Ctrl-C.
void run_stages(const Recipe& recipe, const std::filesystem::path& folder, const RunOptions& options,
                const std::function<void(store::Run&)>& note = {});

/// The options and the callback of a verb that runs the stages of change(recipe).
void define_stage_verb(CLI::App& command, std::function<Recipe(const Recipe& recipe)> change,
                       std::function<void(store::Run&)> note = {});

}  // namespace espalier::cli
