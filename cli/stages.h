// Runs all stages of a recipe in worker processes, with a progress bar: what `ticket`, `prune` and `train`
// share.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>

#include "cli/run_options.h"
#include "espalier/recipe.h"

namespace espalier::cli {

/// Throws Interrupted after Ctrl-C.
void run_stages(const Recipe& recipe, const std::filesystem::path& folder, const RunOptions& options);

/// The options and the callback of a verb that runs the stages of change(recipe).
void define_stage_verb(CLI::App& command, Recipe (*change)(const Recipe& recipe));

}  // namespace espalier::cli
