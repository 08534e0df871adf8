// From none on, the tree is added with which the mean of those chosen (of boosted trees: their sum) is
// nearest to the target in squared error, until there are k. Caruana, Niculescu-Mizil, Crew, Ksikes: Ensemble
// selection from libraries of models. ICML 2004.
#include "trees/choose/tree_gram.h"

namespace espalier::trees::methods_::greedy_trees_ {
namespace {

Decision decide(const Grown& grown, const Evidence& evidence, double amount) {
    const std::size_t wanted = trees_wanted(grown, amount);
    return {.tree_weights = forward_selection(tree_gram(grown, evidence), wanted)};
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
