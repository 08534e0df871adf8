// That a changed network computes what it should.
#pragma once

#include <string_view>

#include "espalier/graph.h"

namespace espalier::experiment {

/// Runs what is expected and what came out on the same random inputs, which are those of `before`. The
/// largest difference of the outputs, over the largest output. Throws Unsupported, about `what` ("removal"),
/// where it is not rounding.
double prove(std::string_view what, const Graph& before, const Graph& expected_of, const Graph& after);

}  // namespace espalier::experiment
