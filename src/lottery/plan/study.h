// A study turns one recipe into an experiment of several arms that answers one question. One file in studies/
// each.
#pragma once

#include <string_view>

#include "base/table.h"
#include "espalier/recipe.h"

namespace espalier::lottery {

struct Study {
    std::string_view name;
    std::string_view summary;
    /// The experiment. Throws BadRecipe if the recipe leaves something open that the study needs.
    Recipe (*expand)(const Recipe& recipe);
};

const Table<Study>& studies();

/// Throws InvalidArgument for a study that is not known, BadRecipe as above or if the recipe has arms
/// already.
Recipe expand(const std::string& study, const Recipe& recipe);

/// A copy of `base` to become arm `name`.
Recipe arm_of(const Recipe& base, const std::string& name);

}  // namespace espalier::lottery
