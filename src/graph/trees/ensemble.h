// Tree ensembles as they lie in a graph: the operators TreeEnsembleClassifier and TreeEnsembleRegressor
// (ai.onnx.ml 1 to 3) and TreeEnsemble (5) in one flat, checked form, and back to attributes of a node.
//
// A row x starts at the root of every tree and goes from node to node to a leaf; the weights of the leaves
// that it reaches are aggregated for every output, base values are added, and a function is applied.
#pragma once

#include <cstdint>
#include <vector>

#include "espalier/graph.h"

namespace espalier::trees {

/// The test of a node: x[feature] <= threshold, ...; `member`: it is one of a set of values.
enum class Branch : std::uint8_t { less_equal, less, greater_equal, greater, equal, not_equal, member, leaf };

struct TreeNode {
    double threshold = 0;      // of `member`: the place of its set in Ensemble::sets
    std::int32_t feature = 0;  // a column of the input
    std::int32_t yes = 0;      // where the test holds: a node; of a leaf: its first weight
    std::int32_t no = 0;       // elsewhere; of a leaf: behind its last weight
    Branch branch = Branch::leaf;
    bool missing_yes = false;  // NaN goes to `yes`, else to `no`

    bool is_leaf() const { return branch == Branch::leaf; }
    bool operator==(const TreeNode&) const = default;
};

struct LeafWeight {
    std::int32_t output = 0;
    double value = 0;
    bool operator==(const LeafWeight&) const = default;
};

enum class Aggregate : std::uint8_t { average, sum, min, max };
enum class PostTransform : std::uint8_t { none, softmax, logistic, softmax_zero, probit };

struct Ensemble {
    std::vector<TreeNode> nodes;
    std::vector<std::int32_t> roots;  // one a tree, in the order in which leaves are added up
    std::vector<LeafWeight> weights;
    std::vector<std::vector<double>> sets;
    std::int64_t outputs = 1;  // classes or targets
    std::vector<double> base;  // one for each output, one for all, or none
    std::vector<std::int64_t>
        labels;  // of a classifier, one for each output; positions where labels are strings
    Aggregate aggregate = Aggregate::sum;
    PostTransform post = PostTransform::none;
    bool classifies = false;
    /// A classifier of two classes whose leaves score one output: the other class follows from it.
    bool binary = false;
    /// Of a binary one: scores are probabilities (no weight is negative), else the sign decides.
    bool positive = false;
    bool doubles = false;  // thresholds and weights are f64, else every one is exact in f32

    bool operator==(const Ensemble&) const = default;
};

/// More trees' nodes than any file of 2 GB holds.
inline constexpr std::size_t kMostNodes = 1U << 30U;

bool is_tree_operator(const std::string& op);

/// The ensemble of a node. Throws InvalidModel, naming the node: attributes of different lengths, cycles,
/// children that are not there, nodes that cannot be reached, leaves without weights, weights of nodes that
/// are none, thresholds that are NaN, nodes given twice; Unsupported for forms that are not computed.
Ensemble ensemble_of(const Node& node);

/// Puts the ensemble into the attributes of the node that it came from, or one like it. Throws Unsupported
/// where the operator cannot say it.
void set_ensemble(Node& node, const Ensemble& ensemble);

/// One more than the largest column that a test reads.
std::int64_t features_read(const Ensemble& ensemble);

/// Sets `binary` and `positive` by what the leaves hold, as ONNX Runtime reads them.
void classify_leaves(Ensemble& ensemble);

}  // namespace espalier::trees
