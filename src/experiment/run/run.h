// The words of the trainer's command line for an experiment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "espalier/experiment.h"

namespace espalier::experiment {

/// "ticket", "prune", "train", "study": the trainer's verb.
std::string_view name_of(RunOptions::Kind kind);

/// What of the recipe's experiment is run.
Recipe part_of(const Recipe& recipe, RunOptions::Kind kind);

std::vector<std::string> trainer_words(const std::filesystem::path& recipe, const RunOptions& options,
                                       const std::filesystem::path& folder);

}  // namespace espalier::experiment
