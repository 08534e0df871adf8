// Linear mode connectivity (Frankle et al. 2020): is a network, from an early step on, stable to the order of
// the data?
//   barrier = max over alpha of error(alpha W1 + (1 - alpha) W2) - (error(W1) + error(W2)) / 2
// W1 and W2 are two copies of the network at step k, trained in different orders; stable: below 2 %.
#pragma once

#include "lottery/stage/context.h"

namespace espalier::lottery {

/// Trains the two copies under the mask of the stage's parent and measures stability_points points of the
/// line, both ends among them, on stability_examples examples of the training and of the test set. Running
/// statistics of batch normalisation are taken anew at every point between. A call that is interrupted leaves
/// the points that it has in the stage's folder, and the next one goes on from there.
store::Stability measure_stability(StageContext& context, const StageOptions& options);

}  // namespace espalier::lottery
