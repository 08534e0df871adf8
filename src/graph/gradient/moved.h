// Gradients of operators that only move elements.
#pragma once

#include "graph/coupling/moved_axes.h"
#include "graph/gradient/derivation.h"

namespace espalier {

/// dx has dy's elements in the order in which they lie, as of Reshape.
void derive_reshape(Derivation& d);

/// dx_i = sum of dy_k over all k that x_i was moved to. By running the node on positions: inputs behind the
/// first `moves` of the operator must be known.
void derive_moved(Derivation& d);

/// The part of that which one movement tells.
void give_moved(Derivation& d, const Movement& movement);

}  // namespace espalier
