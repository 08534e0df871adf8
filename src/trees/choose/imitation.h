// Fewer nodes that say together what all trees said: one tree after another is pruned to what the others
// leave over.
#pragma once

#include "trees/method.h"

namespace espalier::trees {

/// Trees T_t, each a pruned subtree of tree t with leaves of its own, for
///     min sum over rows |F - sum_t T_t|^2 + price * nodes + l2 * sum over leaves |w - w0|^2.
/// F is what the trees add up to as they were; w0 is the mean of the leaves that a leaf stands for. A tree
/// that is a constant counts no node: its constant goes into the leaves of another one. Scores of classes
/// that added up to 1 still do, and may leave [0, 1] a little; where two classes have one score that is a
/// probability, it stays from 0 on.
///
/// Of classes that every tree predicts by itself, the label counts more than the scores: a row counts
/// 0.1 + exp(-gap / 0.2), gap being how far F's best class is ahead, and what is said for that class and
/// against the others beyond F counts a third.
class Imitation {
  public:
    /// Keeps a reference to `grown`. `rows`: as many columns as the trees read; their targets are not looked
    /// at. `tree_weights`: what each tree counts to begin with, 0 for one that is not there; none: 1.
    Imitation(const Grown& grown, const Examples& rows, double l2, std::span<const double> tree_weights = {});

    /// Chooses every tree anew, with the others held: of all its pruned subtrees the best one for what they
    /// leave over, which is cost-complexity pruning of a regression tree (Breiman et al. 1984). Returns the
    /// nodes of all.
    double choose(double price);
    /// The same with the trees as they are: leaves alone, so many times.
    void fit(int times);

    /// Sums over rows and outputs, as they count: |F - sum_t T_t|^2; and as they are: |F - mean F|^2.
    double error() const;
    double variance() const;

    /// What is cut, with the values of all leaves; constants are in another tree's leaves.
    Decision decision() const;

  private:
    struct Range {
        std::size_t begin, end;
    };
    Range nodes_of(std::size_t tree) const;
    bool is_constant(std::size_t tree) const { return cut_[nodes_of(tree).begin] != 0; }
    void start(const Examples& rows, std::span<const double> tree_weights);
    void set_attention();
    double counted(std::size_t row, std::size_t output) const;
    void take_out(std::size_t tree);
    void put_in(std::size_t tree);
    void sum_up(Range nodes, const std::int32_t* ends);
    double set_leaf(std::size_t node, std::size_t tree);
    double cut_tree(std::size_t tree, double price);
    std::size_t heir_of(std::size_t tree) const;

    const Grown& grown_;
    std::size_t outputs_, rows_;
    double l2_;
    std::vector<std::uint8_t> scored_;      // [trees][outputs]: outputs that a leaf of the tree scores
    bool positive_ = false;                 // no weight may become negative
    std::vector<std::uint8_t> there_;       // [trees]
    std::vector<std::uint8_t> cut_;         // [nodes]: leaves, and what is below them
    std::vector<std::int32_t> end_, leaf_;  // [trees][rows]: the leaf of the whole tree, and as it is cut
    std::vector<double> values_, start_;    // [nodes][outputs]: w, w0
    std::vector<double> sums_, counts_;     // [nodes][outputs], [nodes]: of what is missing, of rows
    std::vector<double> target_, missing_;  // [rows][outputs]: F, F - sum
    std::vector<double> wanted_;            // [rows][outputs]: what the tree that is chosen is to say
    std::vector<double> attention_;         // [rows]: what each counts, 1 in the mean
    std::vector<std::size_t> best_;         // [rows]: the class that F says; none where scores count alone
};

}  // namespace espalier::trees
