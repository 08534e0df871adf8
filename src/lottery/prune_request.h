// [prune] of a recipe as the request of one round.
#pragma once

#include "espalier/prune.h"
#include "espalier/recipe.h"

namespace espalier::lottery {

/// The last of `candidates` is the output layer, with a rate of its own in scope layer-wise. `current`
/// outlives the request.
prune::Request prune_request(const Recipe& recipe, std::vector<prune::Candidate> candidates,
                             const prune::MaskSet& current, std::uint64_t seed);

}  // namespace espalier::lottery
