// What trees say on the same rows, as products: enough to choose among trees by squared error.
#pragma once

#include "trees/method.h"

namespace espalier::trees {

/// Products over rows and outputs, divided by the rows: of tree s and tree t, and of tree t and the target.
/// The target is what the trees are to add up to: the classes as 0 and 1 or the numbers where they predict by
/// themselves, else what all of them add up to.
struct TreeGram {
    std::size_t trees = 0;
    std::vector<double> with_trees;   // [trees][trees]
    std::vector<double> with_target;  // [trees]
    bool predicts = false;

    double of(std::size_t s, std::size_t t) const { return with_trees[s * trees + t]; }
    /// Of `kept` trees that predict, what each counts so that their mean is what all say; else 1.
    double share(std::size_t kept) const {
        return predicts ? static_cast<double>(trees) / static_cast<double>(kept) : 1;
    }
};

/// On the rows held out where there are any; at most 4,000 of them, evenly spread.
TreeGram tree_gram(const Grown& grown, const Evidence& evidence);

/// The same on given rows. `towards`: the target is their own, or what all trees add up to.
enum class Target : std::uint8_t { data, trees };
TreeGram tree_gram(const Grown& grown, const Examples& examples, Target towards);

/// From no tree on, the one is added with which those chosen, each counting share(), are nearest to the
/// target in squared error, until there are so many. What each tree counts then; 0 for those that are not
/// chosen.
std::vector<double> forward_selection(const TreeGram& gram, std::size_t wanted);

/// n, ... , 2, 1 in steps of about a tenth.
std::vector<double> tree_counts(std::size_t trees);

/// The number of trees that an amount asks for. Throws InvalidArgument unless it is from 1 to all.
std::size_t trees_wanted(const Grown& grown, double amount);

}  // namespace espalier::trees
