// min |(W - W0) X|^2 + d |W - W0|^2 over the weights that stay: for each output the normal equations
// A_SS w_S = (A w0)_S, A = X'X + d, by conjugate gradients with the diagonal as preconditioner. All outputs
// take their steps together, so that a step is one product of matrices.
#pragma once

#include "calibrate/reconstruction.h"

namespace espalier::calibrate {

/// Starts from layer.weight; ends where every output's residual is below 1e-4 of its first, or after `most`
/// steps. Never leaves an output with more error than it began with.
void fit_kept(LayerProblem& layer, int most = 100);

}  // namespace espalier::calibrate
