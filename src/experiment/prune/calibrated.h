// A cut by what the layers of a network see.
#pragma once

#include "espalier/experiment.h"

namespace espalier::experiment {

/// Whether the criterion chooses layer by layer, with values that change as it goes.
bool chooses_by_layer(const Cut& how);

/// Cuts `graph`, of f32 alone, by how.calibration. `request` has no signals yet.
prune::Plan cut_calibrated(Graph& graph, const Cut& how, prune::Request request, CalibrationError* error,
                           const Watch& watch);

}  // namespace espalier::experiment
