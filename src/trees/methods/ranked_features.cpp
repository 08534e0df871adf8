// The k features stay that lower the impurity most, I(f) = sum over tests t of f, of all trees, of
// R(t) - R(yes) - R(no); tests of the others go, and the side that more rows take stands in their place.
// Leaves keep what they say: fitting them again (--refit) is for these trees above all. Breiman: Random
// forests. Machine Learning 45, 2001 (mean decrease in impurity).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "espalier/error.h"
#include "trees/choose/tree_gram.h"

namespace espalier::trees::methods_::ranked_features_ {
namespace {

/// I(f) of every column that is tested; below 0 for those that are not.
std::vector<double> importances(const Grown& grown) {
    const auto& nodes = grown.ensemble.nodes;
    std::vector<double> of(at(features_read(grown.ensemble)), -1);
    for (std::size_t n = 0; n < nodes.size(); ++n) {
        if (nodes[n].is_leaf()) continue;
        double& sum = of[at(nodes[n].feature)];
        // What a test lowers is not negative, but for rounding.
        const double lower = grown.risk(n) - grown.risk(at(nodes[n].yes)) - grown.risk(at(nodes[n].no));
        sum = std::max(sum, 0.0) + std::max(lower, 0.0);
    }
    return of;
}

std::ptrdiff_t tested(const std::vector<double>& importances) {
    return std::ranges::count_if(importances, [](double value) { return value >= 0; });
}

Decision decide(const Grown& grown, const Evidence&, double amount) {
    const std::vector<double> importance = importances(grown);
    const auto all = static_cast<double>(tested(importance));
    if (!(amount >= 1) || amount != std::floor(amount))
        throw InvalidArgument(fmt::format("{} features: expected a whole number from 1 on", amount));
    if (amount >= all) return {};
    std::vector<std::size_t> order(importance.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t f) { return importance[f]; });
    std::vector<bool> stays(importance.size(), false);
    for (std::size_t i = 0; i < static_cast<std::size_t>(amount); ++i) stays[order[i]] = true;
    Decision made{.sides = std::vector<Side>(grown.nodes.size(), Side::none)};
    for (std::size_t n = 0; n < grown.nodes.size(); ++n) {
        const TreeNode& node = grown.ensemble.nodes[n];
        if (node.is_leaf() || stays[at(node.feature)]) continue;
        made.sides[n] =
            grown.nodes[at(node.yes)].count >= grown.nodes[at(node.no)].count ? Side::yes : Side::no;
    }
    return made;
}

std::vector<double> amounts(const Grown& grown, const Evidence&) {
    return tree_counts(static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, tested(importances(grown)))));
}

}  // namespace

extern const Method ranked_features{.name = "ranked-features",
                                    .summary = "tests of all but the features that lower the impurity most",
                                    .formula = "I(f) = sum over tests of f of R(t) - R(yes) - R(no)",
                                    .source = "Breiman 2001",
                                    .amount = "features",
                                    .note =
                                        "the input keeps all its columns: those of features that went are "
                                        "read by no test",
                                    .decide = decide,
                                    .amounts = amounts};

}  // namespace espalier::trees::methods_::ranked_features_
