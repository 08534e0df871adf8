// A penalty on the prunable weights that is added to the loss, so that pruning finds more to cut. One file in
// train/regularizers each.
#pragma once

#include <span>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/recipe.h"
#include "prune/units/tiling.h"

namespace espalier::train {

/// One weight and the groups that [regularize] group divides it into.
struct RegularizedWeight {
    std::span<const float> weight;
    prune::Tiling groups;
};

struct Regularizer {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// Its strength in the recipe; 0: off.
    double Recipe::Regularize::*strength;
    /// The penalty for strength 1.
    double (*penalty)(const RegularizedWeight& weight);
    /// gradient += strength * d penalty / dw; 0 where the penalty has a kink at w = 0.
    void (*add_gradient)(const RegularizedWeight& weight, float strength, std::span<float> gradient);
    std::span<const ReadKey> reads = {};
};

const Table<Regularizer>& regularizers();

}  // namespace espalier::train
