// The k best trees stay. Of trees that predict, the best has the least squared error by itself,
// n^2 <v, v> - 2 n <v, y> with what it says being v and n trees; of others, the largest share of the scores,
// <v, v>.
// Martinez-Munoz, Suarez: Aggregation ordering in bagging, 2004, compares the orders.
#include <algorithm>
#include <numeric>

#include "trees/choose/tree_gram.h"

namespace espalier::trees::methods_::ranked_trees_ {
namespace {

Decision decide(const Grown& grown, const Evidence& evidence, double amount) {
    const std::size_t wanted = trees_wanted(grown, amount);
    const TreeGram gram = tree_gram(grown, evidence);
    const auto all = static_cast<double>(gram.trees);
    std::vector<double> badness(gram.trees);
    for (std::size_t t = 0; t < gram.trees; ++t)
        badness[t] =
            gram.predicts ? all * all * gram.of(t, t) - 2 * all * gram.with_target[t] : -gram.of(t, t);
    std::vector<std::size_t> order(gram.trees);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t t) { return badness[t]; });
    Decision decision;
    decision.tree_weights.resize(gram.trees, 0);
    for (std::size_t i = 0; i < wanted; ++i) decision.tree_weights[order[i]] = gram.share(wanted);
    return decision;
}

std::vector<double> amounts(const Grown& grown, const Evidence&) {
    return tree_counts(grown.ensemble.roots.size());
}

}  // namespace

extern const Method ranked_trees{.name = "ranked-trees",
                                 .summary = "the trees that are best by themselves stay",
                                 .formula = "n^2 <v,v> - 2 n <v,y>; of boosted trees <v,v>",
                                 .source = "Martinez-Munoz, Suarez 2004",
                                 .amount = "trees",
                                 .decide = decide,
                                 .amounts = amounts};

}  // namespace espalier::trees::methods_::ranked_trees_
