// Masks of stages that are in the run folder, and what two of them have in common.
#pragma once

#include <optional>

#include "espalier/mask.h"
#include "report/findings/experiment.h"

namespace espalier::report {

/// nullopt when the stage left no masks. Throws BadData when the file is damaged.
std::optional<prune::MaskSet> masks_of(const Experiment& experiment, const store::Stage& stage);

/// Weights kept by both / kept by either, for random masks that keep as many in each layer as these: the
/// ratio of the expected counts, sum of a_i b_i / n_i over layers i.
double chance_overlap(const prune::MaskSet& a, const prune::MaskSet& b);

}  // namespace espalier::report
