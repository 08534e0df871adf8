// From none on, the tree is added with which the mean of those chosen (of boosted trees: their sum) is
// nearest to the target in squared error, until there are k. Caruana, Niculescu-Mizil, Crew, Ksikes: Ensemble
// selection from libraries of models. ICML 2004.
#include <limits>

#include "trees/choose/tree_gram.h"

namespace espalier::trees::methods_::greedy_trees_ {
namespace {

Decision decide(const Grown& grown, const Evidence& evidence, double amount) {
    const std::size_t wanted = trees_wanted(grown, amount);
    const TreeGram gram = tree_gram(grown, evidence);
    std::vector<double> with_chosen(gram.trees, 0);  // <v_t, sum of those chosen>
    double chosen_square = 0;
    double chosen_target = 0;
    Decision decision;
    decision.tree_weights.resize(gram.trees, 0);
    for (std::size_t kept = 1; kept <= wanted; ++kept) {
        const double share = gram.share(kept);
        double best_error = std::numeric_limits<double>::infinity();
        std::size_t best = gram.trees;
        for (std::size_t t = 0; t < gram.trees; ++t) {
            if (decision.tree_weights[t] != 0) continue;
            const double square = chosen_square + 2 * with_chosen[t] + gram.of(t, t);
            const double error = share * share * square - 2 * share * (chosen_target + gram.with_target[t]);
            if (error < best_error || best == gram.trees) {
                best_error = error;
                best = t;
            }
        }
        decision.tree_weights[best] = 1;
        chosen_square += 2 * with_chosen[best] + gram.of(best, best);
        chosen_target += gram.with_target[best];
        for (std::size_t t = 0; t < gram.trees; ++t) with_chosen[t] += gram.of(t, best);
    }
    for (double& weight : decision.tree_weights) weight *= gram.share(wanted);
    return decision;
}

std::vector<double> amounts(const Grown& grown, const Evidence&) {
    return tree_counts(grown.ensemble.roots.size());
}

}  // namespace

extern const Method greedy_trees{.name = "greedy-trees",
                                 .summary = "the tree is added that helps those chosen most",
                                 .formula = "argmin_t |y - mean(S + t)|^2",
                                 .source = "Caruana et al. 2004",
                                 .amount = "trees",
                                 .decide = decide,
                                 .amounts = amounts};

}  // namespace espalier::trees::methods_::greedy_trees_
