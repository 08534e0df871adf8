// w = argmin_{w >= 0} 1/2 |y - sum_t w_t v_t|^2 + lambda sum_t w_t, by coordinate descent, with the least
// lambda that leaves at most k trees; their weights are then fitted again without the penalty. Friedman,
// Popescu: Importance sampled learning ensembles, 2003 (the lasso over trees).
#include <algorithm>
#include <cmath>

#include "trees/choose/tree_gram.h"

namespace espalier::trees::methods_::l1_trees_ {
namespace {

constexpr int kMostSweeps = 200;
constexpr int kHalvings = 30;

/// Starts at `weights`; those that `may` be other than 0.
void descend(const TreeGram& gram, double lambda, const std::vector<bool>& may,
             std::vector<double>& weights) {
    std::vector<double> product(gram.trees, 0);  // sum_s G_ts w_s
    for (std::size_t t = 0; t < gram.trees; ++t) {
        for (std::size_t s = 0; s < gram.trees; ++s) product[t] += gram.of(t, s) * weights[s];
    }
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
        double moved = 0;
        for (std::size_t t = 0; t < gram.trees; ++t) {
            if (!may[t] || gram.of(t, t) <= 0) continue;
            const double rest = gram.with_target[t] - product[t] + gram.of(t, t) * weights[t];
            const double next = std::max(0.0, (rest - lambda) / gram.of(t, t));
            const double step = next - weights[t];
            if (step == 0) continue;
            for (std::size_t s = 0; s < gram.trees; ++s) product[s] += gram.of(s, t) * step;
            weights[t] = next;
            moved = std::max(moved, std::abs(step));
        }
        if (moved < 1e-6) return;
    }
}

Decision decide(const Grown& grown, const Evidence& evidence, double amount) {
    const auto wanted = static_cast<std::ptrdiff_t>(trees_wanted(grown, amount));
    const TreeGram gram = tree_gram(grown, evidence);
    const std::vector<bool> all(gram.trees, true);
    const auto left = [](const std::vector<double>& w) {
        return std::ranges::count_if(w, [](double weight) { return weight != 0; });
    };
    double high = *std::ranges::max_element(gram.with_target);  // leaves none
    double low = 0;
    std::vector<double> best(gram.trees, 0);
    for (int i = 0; i < kHalvings; ++i) {
        const double lambda = i == 0 ? 0 : (low + high) / 2;
        std::vector<double> weights(gram.trees, 0);
        descend(gram, lambda, all, weights);
        (left(weights) <= wanted ? high : low) = lambda;
        if (left(weights) <= wanted && left(weights) >= left(best)) best = weights;
        if (left(best) == wanted || (i == 0 && left(weights) <= wanted)) break;
    }
    if (left(best) == 0)
        best[static_cast<std::size_t>(std::ranges::max_element(gram.with_target) -
                                      gram.with_target.begin())] = 1;
    std::vector<bool> kept(gram.trees);
    for (std::size_t t = 0; t < gram.trees; ++t) kept[t] = best[t] != 0;
    descend(gram, 0, kept, best);
    return {.cut = {}, .tree_weights = std::move(best)};
}

std::vector<double> amounts(const Grown& grown, const Evidence&) {
    return tree_counts(grown.ensemble.roots.size());
}

}  // namespace

extern const Method l1_trees{.name = "l1-trees",
                             .summary = "a lasso over the trees, their weights fitted again",
                             .formula = "argmin_{w>=0} 1/2 |y - sum w_t v_t|^2 + lambda sum w_t",
                             .source = "Friedman, Popescu 2003",
                             .amount = "trees, at most",
                             .decide = decide,
                             .amounts = amounts};

}  // namespace espalier::trees::methods_::l1_trees_
