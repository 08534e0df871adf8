// score(u) = s_u^2 / sum of s_v^2 over the v of the layer that go no sooner than u; then one ranking over all
// layers. Lee et al. 2021, "Layer-adaptive Sparsity for the Magnitude-based Pruning". Within a layer the
// order is that of s, so only the number that each layer loses is decided here. Sorts: n log n time, and 16
// bytes a unit.
#include <fmt/format.h>

#include <queue>

#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "prune/ranking/chunks.h"
#include "prune/request/budget.h"
#include "prune/scope.h"

namespace espalier::prune::scopes_::lamp_ {
namespace {

struct Unit {
    double score;
    std::int64_t weights;
};

/// Units that are left, in the order in which they go, with their new scores.
std::vector<Unit> adapt(const UnitScores& scores) {
    std::vector<std::pair<float, std::int64_t>> order;  // score, -position
    const Chunks chunks({&scores});
    for (std::int64_t number = 0; number < chunks.size(); ++number) {
        const Chunk chunk = chunks[number];
        std::vector<float> part(static_cast<std::size_t>(chunk.count));
        scores.score(chunk.first, part);
        for (std::int64_t i = 0; i < chunk.count; ++i) {
            const float score = part[static_cast<std::size_t>(i)];
            if (score != kPrunedScore) order.emplace_back(score, -(chunk.first + i));
        }
    }
    std::ranges::sort(order);
    std::vector<Unit> units(order.size());
    double sum = 0;
    for (std::size_t i = order.size(); i-- > 0;) {
        const double square = static_cast<double>(order[i].first) * static_cast<double>(order[i].first);
        sum += square;
        units[i].score = sum > 0 ? square / sum : 0;
        scores.sizes(-order[i].second, {&units[i].weights, 1});
    }
    return units;
}

std::vector<Pool> spend(const std::vector<LayerBudget>& layers, const Target& target, int threads) {
    for (const LayerBudget& layer : layers) {
        if (!layer.scores->criterion().is_signed) continue;
        throw InvalidArgument(
            fmt::format("scope \"lamp\" divides squares of scores and needs scores that are never "
                        "negative; those of criterion \"{}\" may be",
                        layer.scores->criterion().name));
    }
    std::vector<std::vector<Unit>> units(layers.size());
    parallel_for(static_cast<std::int64_t>(layers.size()), threads,
                 [&](std::int64_t begin, std::int64_t end) {
                     for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                         units[i] = adapt(*layers[i].scores);
                     }
                 });

    struct Next {
        double score;
        std::size_t layer;
        std::size_t unit;
        /// std::priority_queue gives the largest: the one that goes first. Of equal ones that is the last
        /// layer's.
        bool operator<(const Next& other) const {
            return score != other.score ? score > other.score : layer < other.layer;
        }
    };
    std::priority_queue<Next> queue;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!units[i].empty()) queue.push({units[i][0].score, i, 0});
    }
    const Pool whole = whole_budget(layers, target);
    double budget = whole.cut;
    std::vector<Pool> pools;
    for (std::size_t i = 0; i < layers.size(); ++i) pools.push_back({.layers = {i}});
    while (!queue.empty()) {
        const auto [score, layer, unit] = queue.top();
        queue.pop();
        const auto weights = static_cast<double>(units[layer][unit].weights);
        const double cost = weights * (whole.in_macs ? layers[layer].macs : 1);
        if (cost > budget) break;
        budget -= cost;
        pools[layer].cut += weights;
        if (unit + 1 < units[layer].size()) queue.push({units[layer][unit + 1].score, layer, unit + 1});
    }
    return pools;
}

}  // namespace

extern const Scope lamp{.name = "lamp",
                        .summary = "one ranking of scores relative to what is left of their layer",
                        .formula = "s_u^2 / sum of s_v^2, v going no sooner than u",
                        .source = "Lee et al. 2021, Layer-adaptive Sparsity for the Magnitude-based Pruning",
                        .spend = spend};

}  // namespace espalier::prune::scopes_::lamp_
