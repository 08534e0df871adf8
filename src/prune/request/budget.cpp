#include "prune/request/budget.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace espalier::prune {
namespace {

/// Relative error that decimals carry through a product or two.
constexpr double kSlack = 4 * std::numeric_limits<double>::epsilon();

double cost_of(const std::vector<LayerBudget>& layers, const std::vector<double>& cut, bool in_macs) {
    double cost = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) cost += cut[i] * (in_macs ? layers[i].macs : 1);
    return cost;
}

}  // namespace

std::int64_t floor_share(double share, std::int64_t count) {
    const double exact = share * static_cast<double>(count);
    const double nearest = std::nearbyint(exact);
    const bool is_whole = std::abs(exact - nearest) <= kSlack * static_cast<double>(count);
    return static_cast<std::int64_t>(is_whole ? nearest : std::floor(exact));
}

std::int64_t weights_to_cut(const Target& target, std::int64_t count, std::int64_t left) {
    if (target.rate) return floor_share(*target.rate, left);
    std::int64_t pruned = 0;
    if (target.sparsity) pruned = floor_share(*target.sparsity, count);
    if (target.weights) pruned = count - *target.weights;
    return std::max<std::int64_t>(0, pruned - (count - left));
}

Pool whole_budget(const std::vector<LayerBudget>& layers, const Target& target) {
    Pool pool{.layers = std::vector<std::size_t>(layers.size()), .in_macs = target.macs.has_value()};
    std::iota(pool.layers.begin(), pool.layers.end(), std::size_t{0});
    std::int64_t count = 0;
    std::int64_t left = 0;
    double macs = 0;
    double macs_left = 0;
    for (const LayerBudget& layer : layers) {
        count += layer.count;
        left += layer.left;
        macs += static_cast<double>(layer.count) * layer.macs;
        macs_left += static_cast<double>(layer.left) * layer.macs;
    }
    if (target.macs) {
        pool.cut = std::max(0.0, macs_left - *target.macs * macs + kSlack * macs);
    } else {
        pool.cut = static_cast<double>(weights_to_cut(target, count, left));
    }
    return pool;
}

std::vector<Pool> one_pool_each(const std::vector<LayerBudget>& layers, const std::vector<double>& cut,
                                const Pool& whole) {
    std::vector<Pool> pools;
    double rest = whole.cut;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const double slack = kSlack * static_cast<double>(layers[i].count);
        pools.push_back({.layers = {i}, .cut = std::floor(std::max(0.0, cut[i]) + slack)});
        rest -= pools[i].cut;
    }
    if (whole.in_macs) return pools;
    std::vector<std::size_t> order = whole.layers;
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return cut[a] - pools[a].cut > cut[b] - pools[b].cut; });
    for (const std::size_t layer : order) {
        if (rest < 1 || pools[layer].cut >= static_cast<double>(layers[layer].left)) continue;
        pools[layer].cut += 1;
        rest -= 1;
    }
    return pools;
}

std::vector<double> solve_cut(const std::vector<LayerBudget>& layers, const Pool& whole,
                              const std::function<std::vector<double>(double)>& cut) {
    double low = 0;
    double high = 1;
    for (int step = 0; step < 200; ++step) {
        const double middle = low + (high - low) / 2;
        (cost_of(layers, cut(middle), whole.in_macs) <= whole.cut ? low : high) = middle;
    }
    std::vector<double> below = cut(low);
    const std::vector<double> above = cut(high);
    const double reached = cost_of(layers, below, whole.in_macs);
    const double jump = cost_of(layers, above, whole.in_macs) - reached;
    const double part = jump > 0 ? std::clamp((whole.cut - reached) / jump, 0.0, 1.0) : 0.0;
    for (std::size_t i = 0; i < below.size(); ++i) below[i] += part * (above[i] - below[i]);
    return below;
}

std::vector<Pool> pools_around(const std::vector<LayerBudget>& layers, const Target& target,
                               const std::vector<double>& more) {
    const double most = *std::ranges::max_element(more);
    const Pool whole = whole_budget(layers, target);
    const auto cut_at = [&](double t) {  // u falls from 1 to where no layer keeps anything
        std::vector<double> cut;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const double share = std::clamp(1 - t * (1 + most) + more[i], 0.0, 1.0);
            cut.push_back(std::max(
                0.0, static_cast<double>(layers[i].left) - share * static_cast<double>(layers[i].count)));
        }
        return cut;
    };
    return one_pool_each(layers, solve_cut(layers, whole, cut_at), whole);
}

}  // namespace espalier::prune
