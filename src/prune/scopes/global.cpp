// One ranking over all layers: a layer loses what its own scores earn.
#include <numeric>

#include "prune/count.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target) {
    Pool pool{.layers = std::vector<std::size_t>(layers.size())};
    std::iota(pool.layers.begin(), pool.layers.end(), std::size_t{0});
    std::int64_t count = 0;
    std::int64_t left = 0;
    for (const LayerBudget& layer : layers) {
        count += layer.count;
        left += layer.left;
    }
    pool.cut = cut_for(target, count, left);
    return {pool};
}

}  // namespace

extern const Scope global{.name = "global", .summary = "one ranking over all layers", .spend = spend};

}  // namespace espalier::prune::scopes_
