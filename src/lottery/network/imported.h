// model.onnx of a recipe: what the experiment makes of the file.
#pragma once

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/recipe.h"

namespace espalier::lottery {

/// The file's network, without nodes that a training does not notice, for any number of examples at a time.
/// Throws BadRecipe if it does not fit the data.
Graph imported(const Recipe& recipe, const data::Dataset& dataset);

/// Throws BadRecipe if the file's network was made for a fixed number of examples and gives something else
/// when it is given more. Runs it.
void check_opened_batch(const Recipe& recipe, const data::Dataset& dataset);

}  // namespace espalier::lottery
