// Leaves fitted again after pruning, all trees together.
#pragma once

#include "trees/grown/grown.h"

namespace espalier::trees {

/// Sets the weights w of the leaves to argmin loss(y, sum of leaves) + l2 / 2 |w - w0|^2, w0 being what they
/// were: least squares, or the logistic loss of a classifier with LOGISTIC or SOFTMAX behind, by Newton steps
/// whose systems are solved by conjugate gradients. Weights of scores that are probabilities are kept from
/// falling below 0.
/// Ren, Cao, Wei, Sun: Global refinement of random forest. CVPR 2015.
///
/// Throws Unsupported for aggregates other than sums and averages, and for other functions behind.
void refit_leaves(Ensemble& ensemble, const Examples& examples, double l2);

}  // namespace espalier::trees
