// A split goes, with all below it, unless it lowers the impurity by d:
// n_t / n (I(t) - n_yes / n_t I(yes) - n_no / n_t I(no)) >= d.
// As min_impurity_decrease of scikit-learn's growing.
#include <algorithm>

#include "trees/choose/top_down.h"
#include "trees/method.h"

namespace espalier::trees::methods_::minimum_impurity_decrease_ {
namespace {

double decrease(const Grown& grown, std::size_t node) {
    const TreeNode& split = grown.ensemble.nodes[node];
    return grown.risk(node) - grown.risk(static_cast<std::size_t>(split.yes)) -
           grown.risk(static_cast<std::size_t>(split.no));
}

Decision decide(const Grown& grown, const Evidence&, double least) {
    return top_down(grown, [&](std::size_t node) { return decrease(grown, node) >= least; });
}

std::vector<double> amounts(const Grown& grown, const Evidence&) {
    std::vector<double> found = {0};
    for (std::size_t node = 0; node < grown.nodes.size(); ++node) {
        if (!grown.ensemble.nodes[node].is_leaf()) found.push_back(decrease(grown, node) * (1 + 1e-9));
    }
    std::ranges::sort(found);
    return thinned(found, 40);
}

}  // namespace

extern const Method minimum_impurity_decrease{
    .name = "minimum-impurity-decrease",
    .summary = "splits that lower the impurity by so much stay",
    .formula = "n_t/n (I(t) - n_yes/n_t I(yes) - n_no/n_t I(no)) >= d",
    .source = "scikit-learn's min_impurity_decrease",
    .amount = "decrease",
    .decide = decide,
    .amounts = amounts};

}  // namespace espalier::trees::methods_::minimum_impurity_decrease_
