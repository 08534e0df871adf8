// Checks of a recipe that are not for everyone; the others are in espalier/lottery.h.
#pragma once

#include "espalier/data.h"
#include "espalier/recipe.h"

namespace espalier::lottery {

/// Throws BadRecipe for a control that is not known or twice there, or a level that is not there.
void check_controls(const Recipe& recipe);

/// Throws BadRecipe for lengths that do not fit into each other or to the data.
void check_lengths(const Recipe& recipe, const data::Dataset& dataset);

}  // namespace espalier::lottery
