// Each layer has its own ranking and loses the same share, or its own share where it is given one: Frankle &
// Carbin 2019 cut the output layer at half the rate.
#include "espalier/error.h"

#include "prune/count.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target) {
    std::int64_t count = 0;
    for (const LayerBudget& layer : layers) count += layer.count;
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const LayerBudget& layer = layers[i];
        Target share = target;
        if (target.weights) {
            share = {.sparsity = 1 - static_cast<double>(*target.weights) / static_cast<double>(count)};
        }
        if (layer.own) (target.rate ? share.rate : share.sparsity) = layer.own;
        pools.push_back({.layers = {i}, .cut = cut_for(share, layer.count, layer.left)});
    }
    return pools;
}

}  // namespace

extern const Scope layer_wise{.name = "layer-wise",
                              .summary = "the same share of every layer, or its own share where one is given",
                              .own_targets = true,
                              .spend = spend};

}  // namespace espalier::prune::scopes_
