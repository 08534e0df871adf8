// Gradients of operators that reduce dimensions to one number.
#pragma once

#include "graph/gradient/derivation.h"

namespace espalier {

/// `value`, of the shape of the node's output, with the dimensions as 1 that it reduced: it repeats over x.
std::string over_reduced(Derivation& d, const std::string& value);

}  // namespace espalier
