#include "trees/grown/grown.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "graph/trees/predict.h"

namespace espalier::trees {
namespace {

using Index = std::size_t;

constexpr double kLargestScore = 1e150;  // whose square is still a number

void set_parents(Grown& grown) {
    const auto& nodes = grown.ensemble.nodes;
    for (Index i = 0; i < nodes.size(); ++i) {
        if (nodes[i].is_leaf()) continue;
        for (const std::int32_t child : {nodes[i].yes, nodes[i].no})
            grown.nodes[at(child)].parent = static_cast<std::int32_t>(i);
    }
    std::int32_t tree = -1;
    for (Index i = 0; i < nodes.size(); ++i) {
        if (grown.nodes[i].parent < 0) ++tree;
        grown.nodes[i].tree = tree;
    }
}

/// Where every row ends, and how many pass every node.
void send(Grown& grown, const Examples& examples) {
    const auto rows = at(examples.rows());
    grown.leaf.resize(grown.ensemble.roots.size() * rows);
    for (Index tree = 0; tree < grown.ensemble.roots.size(); ++tree) {
        for (Index row = 0; row < rows; ++row) {
            const std::int32_t leaf = leaf_of(grown.ensemble, grown.ensemble.roots[tree],
                                              examples.row(static_cast<std::int64_t>(row)));
            grown.leaf[tree * rows + row] = leaf;
            grown.nodes[at(leaf)].count += 1;
        }
    }
    for (Index i = grown.nodes.size(); i-- > 0;) {
        if (grown.nodes[i].parent >= 0) grown.nodes[at(grown.nodes[i].parent)].count += grown.nodes[i].count;
    }
}

/// The mean of the leaves below by their rows; where no row comes, the plain mean of the two sides.
void set_values(Grown& grown) {
    const Ensemble& ensemble = grown.ensemble;
    const Index outputs = at(ensemble.outputs);
    grown.values.assign(ensemble.nodes.size() * outputs, 0);
    for (Index i = ensemble.nodes.size(); i-- > 0;) {
        const TreeNode& node = ensemble.nodes[i];
        double* value = grown.values.data() + i * outputs;
        if (node.is_leaf()) {
            for (std::int32_t w = node.yes; w < node.no; ++w)
                value[ensemble.weights[at(w)].output] += ensemble.weights[at(w)].value;
            continue;
        }
        const double yes = grown.nodes[at(node.yes)].count;
        const double no = grown.nodes[at(node.no)].count;
        const double share = yes + no > 0 ? yes / (yes + no) : 0.5;
        for (Index k = 0; k < outputs; ++k) {
            const double a = grown.value(at(node.yes))[k];
            const double b = grown.value(at(node.no))[k];
            value[k] = a == b ? a : share * a + (1 - share) * b;
        }
    }
}

/// Sums of `what` of the rows below every node: filled in at the leaves, added up from the last node on.
void add_up(const Grown& grown, std::vector<double>& sums, Index width) {
    for (Index i = grown.nodes.size(); i-- > 0;) {
        if (grown.nodes[i].parent < 0) continue;
        double* to = sums.data() + at(grown.nodes[i].parent) * width;
        for (Index k = 0; k < width; ++k) to[k] += sums[i * width + k];
    }
}

void set_class_impurities(Grown& grown, const Examples& examples) {
    const Index classes = at(examples.classes);
    const Index rows = at(examples.rows());
    std::vector<double> counts(grown.nodes.size() * classes, 0);
    for (Index i = 0; i < grown.leaf.size(); ++i)
        counts[at(grown.leaf[i]) * classes + static_cast<Index>(examples.y[i % rows])] += 1;
    add_up(grown, counts, classes);
    for (Index i = 0; i < grown.nodes.size(); ++i) {
        GrownNode& node = grown.nodes[i];
        const std::span<const double> of_class(counts.data() + i * classes, classes);
        node.errors = node.count - *std::ranges::max_element(of_class);
        if (node.count == 0) continue;
        double squares = 0;
        double bits = 0;
        for (const double count : of_class) {
            const double p = count / node.count;
            squares += p * p;
            if (p > 0) bits -= p * std::log2(p);
        }
        node.impurity = grown.impurity == Impurity::entropy ? bits : 1 - squares;
    }
}

/// Squares around the mean, in two passes: a difference of large sums would lose what alphas are told apart
/// by.
void set_variances(Grown& grown, const Examples& examples) {
    const Index rows = at(examples.rows());
    std::vector<double> sums(grown.nodes.size(), 0);
    for (Index i = 0; i < grown.leaf.size(); ++i) sums[at(grown.leaf[i])] += examples.y[i % rows];
    add_up(grown, sums, 1);
    std::vector<double> squares(grown.nodes.size(), 0);
    for (Index i = 0; i < grown.leaf.size(); ++i) {
        for (std::int32_t n = grown.leaf[i]; n >= 0; n = grown.nodes[at(n)].parent) {
            const double off = examples.y[i % rows] - sums[at(n)] / grown.nodes[at(n)].count;
            squares[at(n)] += off * off;
        }
    }
    for (Index i = 0; i < grown.nodes.size(); ++i) {
        grown.nodes[i].errors = squares[i];
        if (grown.nodes[i].count > 0) grown.nodes[i].impurity = squares[i] / grown.nodes[i].count;
    }
}

/// n V = n_yes V_yes + n_no V_no + n_yes n_no / n (mean_yes - mean_no)^2, over all outputs.
void set_score_variances(Grown& grown) {
    const auto& nodes = grown.ensemble.nodes;
    std::vector<double> squares(nodes.size(), 0);
    for (Index i = nodes.size(); i-- > 0;) {
        const double count = grown.nodes[i].count;
        if (nodes[i].is_leaf() || count == 0) continue;
        const Index yes = at(nodes[i].yes);
        const Index no = at(nodes[i].no);
        double apart = 0;
        for (Index k = 0; k < at(grown.ensemble.outputs); ++k) {
            const double off = grown.value(yes)[k] - grown.value(no)[k];
            apart += off * off;
        }
        squares[i] =
            squares[yes] + squares[no] + grown.nodes[yes].count * grown.nodes[no].count / count * apart;
        grown.nodes[i].impurity = squares[i] / count;
        grown.nodes[i].errors = squares[i];
    }
}

/// Of numbers: tree t predicts by itself if n times what it says is nearer to the targets than their mean is.
bool each_fits(const Grown& grown, const Examples& examples) {
    const Ensemble& ensemble = grown.ensemble;
    if (!ensemble.base.empty() || ensemble.outputs != 1) return ensemble.roots.size() == 1;
    const Index rows = at(examples.rows());
    const double scale =
        ensemble.aggregate == Aggregate::sum ? static_cast<double>(ensemble.roots.size()) : 1;
    double mean = 0;
    for (const double y : examples.y) mean += y / static_cast<double>(rows);
    double around = 0;
    for (const double y : examples.y) around += (y - mean) * (y - mean);
    for (Index tree = 0; tree < ensemble.roots.size(); ++tree) {
        double off = 0;
        for (Index row = 0; row < rows; ++row) {
            const double d = examples.y[row] - scale * grown.value(at(grown.leaf[tree * rows + row]))[0];
            off += d * d;
        }
        if (off > around) return false;
    }
    return true;
}

/// Of classes: every leaf holds probabilities, which over all trees add up to 1.
bool are_probabilities(const Ensemble& ensemble) {
    if (ensemble.post != PostTransform::none || !ensemble.base.empty()) return false;
    const double most = 1.0 / static_cast<double>(ensemble.roots.size());
    for (const TreeNode& node : ensemble.nodes) {
        if (!node.is_leaf()) continue;
        double sum = 0;
        for (std::int32_t w = node.yes; w < node.no; ++w) {
            if (ensemble.weights[at(w)].value < 0) return false;
            sum += ensemble.weights[at(w)].value;
        }
        if (sum > most * (1 + 1e-4) || (!ensemble.binary && sum < most * (1 - 1e-4))) return false;
    }
    return true;
}

Grown sent(const Ensemble& ensemble, const Examples& examples) {
    if (examples.rows() == 0) throw BadData("the data have no rows");
    if (features_read(ensemble) > examples.columns)
        throw BadData(fmt::format("the trees test column {}, and the data have {}",
                                  features_read(ensemble) - 1, examples.columns));
    const auto is_large = [](const LeafWeight& weight) { return !(std::abs(weight.value) < kLargestScore); };
    if (std::ranges::any_of(ensemble.weights, is_large))
        throw InvalidModel(fmt::format(
            "a leaf scores {:g} or more, or no number: no error can be told of that", kLargestScore));
    Grown grown;
    grown.ensemble = without_sharing(ensemble);
    grown.nodes.resize(grown.ensemble.nodes.size());
    grown.rows = static_cast<double>(examples.rows());
    set_parents(grown);
    send(grown, examples);
    set_values(grown);
    grown.predicts = examples.classes > 0 ? are_probabilities(grown.ensemble) : each_fits(grown, examples);
    return grown;
}

void measure(Grown& grown, const Examples& examples, Impurity impurity) {
    grown.impurity = impurity;
    if (impurity == Impurity::scores) return set_score_variances(grown);
    if ((impurity == Impurity::squared_error) == (examples.classes > 0))
        throw InvalidArgument(examples.classes > 0
                                  ? "squared error is of numbers, and these targets are classes"
                                  : "gini and entropy are of classes, and these targets are numbers");
    examples.classes > 0 ? set_class_impurities(grown, examples) : set_variances(grown, examples);
}

}  // namespace

Grown grown(const Ensemble& ensemble, const Examples& examples) {
    Grown made = sent(ensemble, examples);
    measure(made, examples,
            !made.predicts         ? Impurity::scores
            : examples.classes > 0 ? Impurity::gini
                                   : Impurity::squared_error);
    return made;
}

Grown grown(const Ensemble& ensemble, const Examples& examples, Impurity impurity) {
    Grown made = sent(ensemble, examples);
    measure(made, examples, impurity);
    return made;
}

}  // namespace espalier::trees
