// Trees with what their training data say of every node: how many rows come there, how impure their targets
// are, and what the node would say if it were a leaf.
#pragma once

#include "graph/trees/ensemble.h"
#include "trees/grown/examples.h"
#include "trees/grown/index.h"

namespace espalier::trees {

/// What a node's risk is measured by. gini: 1 - sum p^2. entropy: -sum p log2 p. squared_error: variance of
/// the targets. scores: variance of what the leaves below say, which needs no targets and serves trees that
/// each fit what others left over, as in boosting.
enum class Impurity : std::uint8_t { gini, entropy, squared_error, scores };

struct GrownNode {
    std::int32_t parent = -1;
    std::int32_t tree = 0;
    double count = 0;     // rows that come here
    double impurity = 0;  // of them
    double errors = 0;    // of the node as a leaf: rows of another class, or the sum of squared errors
};

struct Grown {
    Ensemble ensemble;               // without shared nodes; a node's children stand behind it
    std::vector<GrownNode> nodes;    // of every node of the ensemble
    std::vector<double> values;      // [nodes][outputs]: the mean of the leaves below by their rows
    std::vector<std::int32_t> leaf;  // [trees][rows]: where each row ends
    double rows = 0;
    Impurity impurity = Impurity::gini;
    /// Every tree predicts the target by itself (a single tree, a forest), else they add up (boosting).
    bool predicts = false;

    const double* value(std::size_t node) const {
        return values.data() + node * static_cast<std::size_t>(ensemble.outputs);
    }
    /// Of the whole: count / rows * impurity, the R(t) of Breiman et al.
    double risk(std::size_t node) const { return nodes[node].count / rows * nodes[node].impurity; }
};

/// A copy in which no node has two parents, every tree in preorder. Throws Unsupported for more than
/// `most_nodes` of them, as sharing can say exponentially many; 0: a million and 64 for each.
Ensemble without_sharing(const Ensemble& ensemble, std::size_t most_nodes = 0);

/// Sends the examples through the trees. `impurity`: gini for classes and squared_error for numbers where
/// each tree predicts, scores elsewhere, unless one is given. Throws BadData for rows with fewer columns than
/// the trees test, and for no rows.
Grown grown(const Ensemble& ensemble, const Examples& examples);
Grown grown(const Ensemble& ensemble, const Examples& examples, Impurity impurity);

/// Which side of a test stands in its place.
enum class Side : std::uint8_t { none, yes, no };

/// Makes leaves of the nodes of which `cut` is true, and multiplies what each tree says by its weight, 0
/// taking it out; no weights: 1. The last tree is not taken out. `values`, if any, are what leaves say in
/// place of Grown::values; each then scores all outputs that its tree scores. A node that is no
/// leaf and has a side is left out, with what is behind the other one.
Ensemble pruned(const Grown& grown, std::span<const std::uint8_t> cut,
                std::span<const double> tree_weights = {}, std::span<const double> values = {},
                std::span<const Side> sides = {});

}  // namespace espalier::trees
