// A recipe and a run that another recipe began. Stages are named by what determines them, so a run may be
// given more: replicates, controls, rounds, arms, measurements. What it has is used again.
#pragma once

#include <string>

#include "espalier/lottery.h"

namespace espalier::lottery {

/// Makes `recipe` that of `run`, whose stages `stages` are the recipe's. Gives a line that says so; "" if it
/// is the run's recipe already. A run that has all of this recipe's stages and more keeps its own.
///
/// Throws BadData, naming what differs, if the run has another result where the recipe has a stage, or one
/// that the recipe leaves out while it asks for others. A control that takes another replicate's mask, and a
/// stability that is measured at other points, are done again.
std::string take_recipe(store::Run& run, const Recipe& recipe, const std::vector<StageSpec>& stages,
                        const data::Dataset& dataset);

}  // namespace espalier::lottery
