#include "trees/choose/imitation.h"

#include <algorithm>
#include <cmath>

#include "graph/trees/predict.h"

namespace espalier::trees {
namespace {

constexpr double kGap = 0.2;
constexpr double kLeastAttention = 0.1;
constexpr double kBeyond = 0.3;  // what counts of what is said beyond F

}  // namespace

Imitation::Imitation(const Grown& grown, const Examples& rows, double l2,
                     std::span<const double> tree_weights)
    : grown_(grown),
      outputs_(at(grown.ensemble.outputs)),
      rows_(at(rows.rows())),
      l2_(l2),
      scored_(grown.ensemble.roots.size() * outputs_, 0),
      there_(grown.ensemble.roots.size(), 1),
      values_(grown.values),
      sums_(grown.nodes.size() * outputs_, 0),
      counts_(grown.nodes.size(), 0),
      target_(rows_ * outputs_, 0) {
    const Ensemble& ensemble = grown.ensemble;
    for (std::size_t n = 0; n < ensemble.nodes.size(); ++n) {
        const TreeNode& node = ensemble.nodes[n];
        cut_.push_back(node.is_leaf() ? 1 : 0);
        for (std::int32_t w = node.yes; node.is_leaf() && w < node.no; ++w) {
            const LeafWeight& weight = ensemble.weights[at(w)];
            scored_[at(grown.nodes[n].tree) * outputs_ + at(weight.output)] = 1;
        }
    }
    // ONNX reads the one score of two classes by whether any leaf is negative.
    positive_ = ensemble.binary && ensemble.positive;
    start(rows, tree_weights);
}

void Imitation::start(const Examples& rows, std::span<const double> tree_weights) {
    const auto& roots = grown_.ensemble.roots;
    for (const std::int32_t root : roots) {
        for (std::int64_t row = 0; row < rows.rows(); ++row)
            end_.push_back(leaf_of(grown_.ensemble, root, rows.row(row)));
    }
    leaf_ = end_;
    missing_.assign(target_.size(), 0);
    for (std::size_t tree = 0; tree < roots.size(); ++tree) put_in(tree);
    for (std::size_t i = 0; i < target_.size(); ++i) target_[i] = -missing_[i];
    missing_ = target_;
    wanted_.resize(target_.size());
    set_attention();
    for (std::size_t tree = 0; tree < roots.size(); ++tree) {
        const double weight = tree_weights.empty() ? 1 : tree_weights[tree];
        const Range nodes = nodes_of(tree);
        for (std::size_t i = nodes.begin * outputs_; i < nodes.end * outputs_; ++i) values_[i] *= weight;
        there_[tree] = weight != 0 ? 1 : 0;
        if (there_[tree] != 0) {
            put_in(tree);
            continue;
        }
        std::fill(cut_.begin() + static_cast<std::ptrdiff_t>(nodes.begin),
                  cut_.begin() + static_cast<std::ptrdiff_t>(nodes.end), std::uint8_t{1});
    }
    start_ = values_;
}

/// By how far F's best class is ahead of the next.
void Imitation::set_attention() {
    const Ensemble& ensemble = grown_.ensemble;
    attention_.assign(rows_, 1);
    if (!ensemble.classifies || !grown_.predicts) return;
    const std::size_t scored = ensemble.binary ? at(ensemble.weights.front().output) : 0;
    double sum = 0;
    for (std::size_t row = 0; row < rows_; ++row) {
        const std::span<const double> said(target_.data() + row * outputs_, outputs_);
        std::size_t best = 0;
        double gap = 0;
        if (ensemble.binary) {
            best = said[scored] > 0.5 ? scored : 1 - scored;
            gap = std::abs(2 * said[scored] - 1);
        } else {
            best = static_cast<std::size_t>(std::ranges::max_element(said) - said.begin());
            double next = said[best == 0 ? 1 : 0];
            for (std::size_t k = 0; k < outputs_; ++k) next = k == best ? next : std::max(next, said[k]);
            gap = said[best] - next;
        }
        best_.push_back(best);
        attention_[row] = kLeastAttention + std::exp(-gap / kGap);
        sum += attention_[row];
    }
    for (double& counts : attention_) counts *= static_cast<double>(rows_) / sum;
}

/// What is missing, as far as it counts.
double Imitation::counted(std::size_t row, std::size_t output) const {
    const double missing = missing_[row * outputs_ + output];
    if (best_.empty()) return missing;
    const bool beyond = output == best_[row] ? missing < 0 : missing > 0;
    return beyond ? kBeyond * missing : missing;
}

Imitation::Range Imitation::nodes_of(std::size_t tree) const {
    const auto& roots = grown_.ensemble.roots;
    return {at(roots[tree]), tree + 1 < roots.size() ? at(roots[tree + 1]) : grown_.nodes.size()};
}

/// What the tree says is missing then; it is wanted to say that and what was missing, as far as that counts.
void Imitation::take_out(std::size_t tree) {
    const bool one_sum = !best_.empty() && !grown_.ensemble.binary;
    for (std::size_t row = 0; row < rows_; ++row) {
        const double* value = values_.data() + at(leaf_[tree * rows_ + row]) * outputs_;
        double* wanted = wanted_.data() + row * outputs_;
        double mean = 0;  // scores keep their sum
        for (std::size_t k = 0; k < outputs_; ++k) {
            wanted[k] = counted(row, k);
            mean += one_sum ? wanted[k] / static_cast<double>(outputs_) : 0;
            missing_[row * outputs_ + k] += value[k];
        }
        for (std::size_t k = 0; k < outputs_; ++k) wanted[k] += value[k] - mean;
    }
}

void Imitation::put_in(std::size_t tree) {
    for (std::size_t row = 0; row < rows_; ++row) {
        const double* value = values_.data() + at(leaf_[tree * rows_ + row]) * outputs_;
        for (std::size_t k = 0; k < outputs_; ++k) missing_[row * outputs_ + k] -= value[k];
    }
}

/// What is wanted, summed over the rows that end at every node.
void Imitation::sum_up(Range nodes, const std::int32_t* ends) {
    std::fill(counts_.begin() + static_cast<std::ptrdiff_t>(nodes.begin),
              counts_.begin() + static_cast<std::ptrdiff_t>(nodes.end), 0.0);
    std::fill(sums_.begin() + static_cast<std::ptrdiff_t>(nodes.begin * outputs_),
              sums_.begin() + static_cast<std::ptrdiff_t>(nodes.end * outputs_), 0.0);
    for (std::size_t row = 0; row < rows_; ++row) {
        const std::size_t end = at(ends[row]);
        counts_[end] += attention_[row];
        for (std::size_t k = 0; k < outputs_; ++k)
            sums_[end * outputs_ + k] += attention_[row] * wanted_[row * outputs_ + k];
    }
}

/// The best values of the node as a leaf, from its sums; what it then adds to the error, but for a constant.
double Imitation::set_leaf(std::size_t node, std::size_t tree) {
    double cost = 0;
    for (std::size_t k = 0; k < outputs_; ++k) {
        const double start = start_[node * outputs_ + k];
        double& value = values_[node * outputs_ + k];
        value = 0;
        if (scored_[tree * outputs_ + k] == 0) continue;
        const double sum = sums_[node * outputs_ + k] + l2_ * start;
        const double weight = counts_[node] + l2_;
        value = positive_ ? std::max(0.0, sum / weight) : sum / weight;
        cost += (weight * value - 2 * sum) * value + l2_ * start * start;
    }
    return cost;
}

/// The best pruned subtree, from the sums at the leaves of the whole tree; its nodes.
double Imitation::cut_tree(std::size_t tree, double price) {
    const auto [begin, end] = nodes_of(tree);
    const auto& nodes = grown_.ensemble.nodes;
    std::vector<double> cost(end - begin);
    std::vector<double> size(end - begin);
    for (std::size_t n = end; n-- > begin;) {
        const double alone = n == begin ? 0 : 1;
        if (!nodes[n].is_leaf()) {
            for (const std::size_t child : {at(nodes[n].yes), at(nodes[n].no)}) {
                counts_[n] += counts_[child];
                for (std::size_t k = 0; k < outputs_; ++k)
                    sums_[n * outputs_ + k] += sums_[child * outputs_ + k];
            }
        }
        cost[n - begin] = set_leaf(n, tree) + price * alone;
        size[n - begin] = alone;
        cut_[n] = 1;
        if (nodes[n].is_leaf()) continue;
        const std::size_t yes = at(nodes[n].yes) - begin;
        const std::size_t no = at(nodes[n].no) - begin;
        if (cost[yes] + cost[no] + price >= cost[n - begin]) continue;
        cost[n - begin] = cost[yes] + cost[no] + price;
        size[n - begin] = size[yes] + size[no] + 1;
        cut_[n] = 0;
    }
    // Below a leaf, all is cut with it, and rows end at the leaf.
    std::vector<std::int32_t> above(end - begin);
    for (std::size_t n = begin; n < end; ++n) {
        const std::int32_t parent = grown_.nodes[n].parent;
        const bool below = n > begin && cut_[at(parent)] != 0;
        above[n - begin] = below ? above[at(parent) - begin] : static_cast<std::int32_t>(n);
        if (below) cut_[n] = 1;
    }
    for (std::size_t row = tree * rows_; row < (tree + 1) * rows_; ++row)
        leaf_[row] = above[at(end_[row]) - begin];
    return size[0];
}

double Imitation::choose(double price) {
    double nodes = 0;
    for (std::size_t tree = 0; tree < there_.size(); ++tree) {
        if (there_[tree] == 0) continue;
        take_out(tree);
        sum_up(nodes_of(tree), end_.data() + tree * rows_);
        nodes += cut_tree(tree, price);
        put_in(tree);
    }
    return nodes;
}

void Imitation::fit(int times) {
    for (int i = 0; i < times; ++i) {
        for (std::size_t tree = 0; tree < there_.size(); ++tree) {
            if (is_constant(tree)) continue;
            take_out(tree);
            const Range nodes = nodes_of(tree);
            sum_up(nodes, leaf_.data() + tree * rows_);
            for (std::size_t n = nodes.begin; n < nodes.end; ++n) {
                if (cut_[n] != 0) set_leaf(n, tree);
            }
            put_in(tree);
        }
    }
}

double Imitation::error() const {
    double sum = 0;
    for (std::size_t i = 0; i < missing_.size(); ++i) {
        const double off = counted(i / outputs_, i % outputs_);
        sum += attention_[i / outputs_] * off * off;
    }
    return sum;
}

double Imitation::variance() const {
    double sum = 0;
    for (std::size_t k = 0; k < outputs_; ++k) {
        double mean = 0;
        for (std::size_t row = 0; row < rows_; ++row)
            mean += target_[row * outputs_ + k] / static_cast<double>(rows_);
        for (std::size_t row = 0; row < rows_; ++row) {
            const double off = target_[row * outputs_ + k] - mean;
            sum += off * off;
        }
    }
    return sum;
}

/// A tree that takes the constant of another one, as it scores all that the other scores: one with tests, or
/// else the first of the constants.
std::size_t Imitation::heir_of(std::size_t tree) const {
    const auto scores_all = [&](std::size_t other) {
        for (std::size_t k = 0; k < outputs_; ++k) {
            if (scored_[other * outputs_ + k] < scored_[tree * outputs_ + k]) return false;
        }
        return true;
    };
    for (std::size_t other = 0; other < there_.size(); ++other) {
        if (!is_constant(other) && scores_all(other)) return other;
    }
    for (std::size_t other = 0; other < tree; ++other) {
        if (scores_all(other) && heir_of(other) == other) return other;
    }
    return tree;
}

Decision Imitation::decision() const {
    Decision made{.cut = cut_, .tree_weights = std::vector<double>(there_.size(), 1), .values = values_};
    for (std::size_t tree = 0; tree < there_.size(); ++tree) {
        if (!is_constant(tree)) continue;
        const std::size_t heir = heir_of(tree);
        if (heir == tree) continue;
        made.tree_weights[tree] = 0;
        const Range nodes = nodes_of(heir);
        const double* constant = values_.data() + nodes_of(tree).begin * outputs_;
        for (std::size_t n = nodes.begin; n < nodes.end; ++n) {
            for (std::size_t k = 0; k < outputs_; ++k) made.values[n * outputs_ + k] += constant[k];
        }
    }
    return made;
}

}  // namespace espalier::trees
