// A batch as one program, or as the program of one example that runs for each: what a layer gives to the next
// then stays in the caches, and what 8 images give a ResNet's first blocks does not (25 MB a layer).
#pragma once

#include <vector>

#include "runtime/network.h"

namespace espalier::runtime {

/// The faster of the two, as timed (Options::Tuning::full) or known from before; all at once where examples
/// are not told apart (graph/analysis/examples.h). As make_fastest_plan() otherwise.
Plan make_batch_plan(Network& network, const Options& options, const std::vector<Shape>& input_shapes);

}  // namespace espalier::runtime
