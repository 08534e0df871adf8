#include "lottery/prune_request.h"

#include "prune/granularity.h"

namespace espalier::lottery {

prune::Request prune_request(const Recipe& recipe, std::vector<prune::Candidate> candidates,
                             const prune::MaskSet& current, std::uint64_t seed) {
    prune::Request request;
    request.weights = std::move(candidates);
    request.current = &current;
    request.granularity = recipe.prune.granularity;
    request.criterion = recipe.prune.criterion;
    request.unit_norm = recipe.prune.unit_norm;
    request.scope = recipe.prune.scope;
    request.floor = recipe.prune.floor;
    request.seed = seed;
    request.threads = 1;  // a stage has one core
    // A pattern such as 2:4 says itself how much goes.
    if (prune::parse_grain(recipe.prune.granularity).granularity.tile == nullptr) return request;
    request.target.rate = recipe.prune.rate;
    if (recipe.prune.scope == "layer-wise" && !request.weights.empty()) {
        request.layer_targets[request.weights.back().name] = recipe.prune.output_layer_rate;
    }
    return request;
}

}  // namespace espalier::lottery
