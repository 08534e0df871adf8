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

/// `verb` for a recipe with changes, in the run of `folder`; "" for no study.
std::vector<std::string> trainer_words(std::string_view verb, const std::filesystem::path& recipe,
                                       const std::filesystem::path& folder,
                                       const std::vector<std::string>& changes, const std::string& study);

}  // namespace espalier::experiment
