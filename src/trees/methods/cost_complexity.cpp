// R_alpha(T) = R(T) + alpha |leaves of T|; node t goes at alpha = (R(t) - R(T_t)) / (|leaves of T_t| - 1),
// the least first, R(t) = rows(t) / rows * impurity(t). Breiman, Friedman, Olshen, Stone: Classification and
// Regression Trees, 1984, chapter 3.
//
// One alpha for all trees, so that an ensemble's budget goes where it buys most.
#include <algorithm>
#include <cmath>

#include "trees/choose/weakest_links.h"
#include "trees/method.h"

namespace espalier::trees::methods_::cost_complexity_ {
namespace {

Decision decide(const Grown& grown, const Evidence&, double alpha) {
    Decision decision;
    decision.cut.resize(grown.nodes.size(), 0);
    for (const auto& links : weakest_links(grown)) {
        for (const Link& link : links) {
            if (link.alpha > alpha) break;
            decision.cut[static_cast<std::size_t>(link.node)] = 1;
        }
    }
    return decision;
}

/// 0, and between two alphas of the path their geometric mean, which stands for the trees between them.
std::vector<double> amounts(const Grown& grown, const Evidence&) {
    std::vector<double> alphas;
    for (const auto& links : weakest_links(grown)) {
        for (const Link& link : links) alphas.push_back(std::max(0.0, link.alpha));
    }
    std::ranges::sort(alphas);
    alphas.erase(std::unique(alphas.begin(), alphas.end()), alphas.end());
    std::vector<double> between = {0};
    for (std::size_t i = 0; i + 1 < alphas.size(); ++i) {
        if (alphas[i] > 0) between.push_back(std::sqrt(alphas[i]) * std::sqrt(alphas[i + 1]));
    }
    if (!alphas.empty()) between.push_back(alphas.back());
    return thinned(between, 40);
}

}  // namespace

extern const Method cost_complexity{.name = "cost-complexity",
                                    .summary = "the weakest link first, by error saved for each leaf",
                                    .formula = "(R(t) - R(T_t)) / (|T_t| - 1)",
                                    .source = "Breiman et al. 1984",
                                    .amount = "alpha",
                                    .decide = decide,
                                    .amounts = amounts};

}  // namespace espalier::trees::methods_::cost_complexity_
