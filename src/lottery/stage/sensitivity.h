// How much accuracy each layer costs when it alone is cut.
#pragma once

#include <functional>
#include <vector>

#include "espalier/data.h"
#include "espalier/recipe.h"
#include "espalier/store.h"

namespace espalier::lottery {

/// Before anything is trained. Throws InvalidArgument unless the sparsities ascend between 0 and 1, BadRecipe
/// for a granularity that fixes how much goes.
void check_sensitivity(const Recipe& recipe, const std::vector<double>& grid);

/// For every dense network of `run`, every prunable weight and every sparsity of `grid`: that weight alone is
/// cut, as [prune] of the recipe says (granularity, criterion, unit norm), and the network evaluated on the
/// validation split without retraining. Each weight begins with sparsity 0.
std::vector<store::Sensitivity> measure_sensitivity(
    const Recipe& recipe, const data::Dataset& dataset, const store::Run& run,
    const std::vector<double>& grid, const std::function<void(double share_done)>& on_progress);

}  // namespace espalier::lottery
