// Runs all stages of a recipe in worker processes, with a progress bar: what `ticket`, `prune` and `train`
// share.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>

#include "espalier/recipe.h"

namespace espalier::cli {

/// `jobs` stages at a time, one core each; 0: as many as there are cores. Throws Interrupted after Ctrl-C.
void run_stages(const Recipe& recipe, const std::filesystem::path& folder, int jobs);

/// The options and the callback of a verb that runs the stages of change(recipe).
void define_stage_verb(CLI::App& command, Recipe (*change)(const Recipe& recipe));

}  // namespace espalier::cli
