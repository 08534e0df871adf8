// Gradients of operators that normalise over axes of the very value.
#pragma once

#include "graph/gradient/derivation.h"

namespace espalier {

/// y = scale x' + bias, x' = (x - mean) / sqrt(variance + epsilon) over `axes` of the input; g = dy scale:
/// dx = (g - mean(g) - x' mean(g x')) / sqrt(variance + epsilon), dscale = dy x', dbias = dy, summed over
/// where they are repeated. `shape`: of scale and bias as they are repeated over x.
void derive_normalised(Derivation& d, const std::vector<std::int64_t>& axes, const Shape& shape);

}  // namespace espalier
