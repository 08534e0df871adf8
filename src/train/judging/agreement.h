// Ranks that train together check that they do: each finds masks and weights for itself.
#pragma once

#include "espalier/mask.h"
#include "espalier/tensor.h"
#include "train/ranks/ranks.h"

namespace espalier::train {

/// Throws Error unless all ranks have the same; nothing is done where there are no others.
void agree_on_masks(Ranks* ranks, const prune::MaskSet& masks, std::int64_t step);
/// Other processors may round otherwise, and a checkpoint may have changed while it was read.
void agree_on_weights(Ranks& ranks, const Weights& weights, std::int64_t step);

}  // namespace espalier::train
