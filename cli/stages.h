// Runs all stages of a recipe in worker processes, with a progress bar: what `ticket` and `train` share.
#pragma once

#include <filesystem>

#include "espalier/recipe.h"

namespace espalier::cli {

/// `jobs` stages at a time, one core each; 0: as many as there are cores. Throws Interrupted after Ctrl-C.
void run_stages(const Recipe& recipe, const std::filesystem::path& folder, int jobs);

}  // namespace espalier::cli
