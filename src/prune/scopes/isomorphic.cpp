// Layers, or coupled groups, of the same shape have one ranking among themselves, and each ranking loses the
// same share: scores of layers that are built alike compare, those of others need not.
#include <map>
#include <utility>

#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::isomorphic_ {
namespace {

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int) {
    const Pool whole = whole_budget(layers, target);
    double all = 0;  // that could go, in what the budget counts
    for (const LayerBudget& layer : layers)
        all += static_cast<double>(layer.left) * (whole.in_macs ? layer.macs : 1);
    std::vector<double> cut;
    for (const LayerBudget& layer : layers)
        cut.push_back(all > 0 ? whole.cut / all * static_cast<double>(layer.left) : 0);
    std::map<Shape, Pool> alike;
    for (const Pool& own : one_pool_each(layers, cut, whole)) {
        const std::size_t layer = own.layers.front();
        Pool& pool = alike[layers[layer].shape];
        pool.layers.push_back(layer);
        pool.cut += own.cut;
        pool.in_macs = own.in_macs;
    }
    std::vector<Pool> pools;
    for (auto& [shape, pool] : alike) pools.push_back(std::move(pool));
    return pools;
}

}  // namespace

extern const Scope isomorphic{
    .name = "isomorphic",
    .summary = "one ranking over all layers of the same shape, the same share of each",
    .formula = "cut_s = p * n_s, for every shape s",
    .source = "Fang et al. 2024, Isomorphic Pruning for Vision Models",
    .spend = spend};

}  // namespace espalier::prune::scopes_::isomorphic_
