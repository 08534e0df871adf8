// The factor of (X'X)^-1 with as much damping as it takes.
#pragma once

#include <vector>

#include "calibrate/reconstruction.h"

namespace espalier::calibrate {

/// U with (X'X + d)^-1 = U'U. d is layer.damping of the mean square, and ten times more as long as the sum is
/// not positive definite in f32, which becomes a note.
std::vector<float> factored(LayerProblem& layer);

}  // namespace espalier::calibrate
