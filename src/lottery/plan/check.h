// Checks of a recipe that are not for everyone; the others are in espalier/lottery.h.
#pragma once

#include "espalier/data.h"
#include "espalier/recipe.h"

namespace espalier::lottery {

/// Throws BadRecipe for a control that is not known or twice there, or a level that is not there.
void check_controls(const Recipe& recipe);

/// Throws BadRecipe for a key that is set and that nothing the recipe chooses reads, and for one that is
/// missing where it is needed. The names are known. An arm of `base` need not read what it has from there,
/// and a base may set what its arms read.
void check_keys(const Recipe& recipe, const Recipe* base = nullptr);

/// Throws BadRecipe where prune.permute cannot mean anything: no groups, or random weights that a schedule
/// moves on.
void check_permutation(const Recipe& recipe);

/// Throws BadRecipe for lengths that do not fit into each other or to the data.
void check_lengths(const Recipe& recipe, const data::Dataset& dataset);

/// Throws BadRecipe for a loss, metric, network or augmentation that does not fit the targets, and BadData
/// for numbers that never change.
void check_targets(const Recipe& recipe, const data::Dataset& dataset);

}  // namespace espalier::lottery
