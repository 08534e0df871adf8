// Which trees are compared by ranks, and their tests and thresholds as ranked_trees.h wants them.
#include <algorithm>
#include <limits>
#include <optional>

#include "kernels/forest_walk/ranked_trees.h"

namespace espalier::kernels {
namespace {

// In steps of the walk, of one row, on Zen 3: a test of every lane at once, and a rank by one run of
// thresholds.
constexpr double kTestCost = 0.6;
constexpr double kRankCost = 1.3;
constexpr std::size_t kMostFeatures = 1024;  // so that ranks of a block stay in the second cache

/// A leaf, or a test with what is below it on its left side, in preorder.
template <class T>
struct Listed {
    const ForestNode<T>* test = nullptr;
    std::uint32_t leaf = 0;
    std::uint32_t left = 0;  // leaves on its left side
};

/// The nodes of a tree in preorder; empty if it has more than kMostRankedTests tests. A test that no number
/// passes is left out.
template <class T>
class TreeList {
  public:
    explicit TreeList(const Forest<T>& forest) : forest_(forest) {}

    bool list(std::uint32_t root) {
        nodes.clear();
        tests = 0;
        leaves = 0;
        return visit(root) && leaves > 0;
    }

    std::vector<Listed<T>> nodes;
    std::uint32_t tests = 0;
    std::uint32_t leaves = 0;

  private:
    bool visit(std::uint32_t at) {
        const ForestNode<T>* node = &forest_.nodes[at];
        while (node->child != at && node->threshold == std::numeric_limits<T>::infinity()) {
            at = node->child;
            node = &forest_.nodes[at];
        }
        if (node->child == at) {
            nodes.push_back({.leaf = forest_.leaf_of[at]});
            ++leaves;
            return true;
        }
        if (++tests > kMostRankedTests) return false;
        const std::size_t place = nodes.size();
        nodes.push_back({.test = node});
        const std::uint32_t before = leaves;
        if (!visit(node->child)) return false;
        nodes[place].left = leaves - before;
        return visit(node->child + 1);
    }

    const Forest<T>& forest_;
};

/// Trees behind one another, as long as every feature's thresholds fit a byte.
template <class T>
class Group {
  public:
    Group(const Forest<T>& forest, std::size_t first, std::size_t columns)
        : forest_(forest), first_(first), place_of_(columns, kNowhere) {}

    std::size_t first() const { return first_; }
    std::size_t size() const { return trees_.ends.size(); }

    bool add(const TreeList<T>& tree) {
        for (const Listed<T>& listed : tree.nodes) {
            if (listed.test != nullptr && !add_threshold(*listed.test)) return false;
        }
        trees_.starts.push_back(static_cast<std::uint32_t>(trees_.leaves.size()));
        std::uint32_t first = 0;
        for (const Listed<T>& listed : tree.nodes) {
            if (listed.test == nullptr) {
                trees_.leaves.push_back(listed.leaf);
                ++first;
                continue;
            }
            trees_.tests.push_back({.place = place_of_[column_of(*listed.test)] * std::uint32_t{kRankedRows},
                                    .first = static_cast<std::uint8_t>(first),
                                    .next = static_cast<std::uint8_t>(first + listed.left)});
            thresholds_of_tests_.push_back(listed.test->threshold);
        }
        trees_.ends.push_back(static_cast<std::uint32_t>(trees_.tests.size()));
        steps_ += forest_.steps[first_ + size() - 1];
        return true;
    }

    /// False where walking costs less.
    bool finish(double test_cost, RankedTrees<T>& made) {
        if (thresholds_.size() > kMostFeatures) return false;
        double rows_cost = 0;  // what ranks of a row cost
        for (const auto& of : thresholds_)
            rows_cost += of.size() > kRankedThresholds ? 2 * kRankCost : kRankCost;
        trees_.block_cost = static_cast<double>(trees_.tests.size()) * test_cost * kRankedRows;
        trees_.gain = static_cast<double>(steps_) - rows_cost;
        if (test_cost > 0 && trees_.gain * kRankedRows <= trees_.block_cost) return false;
        write_tables();
        for (std::size_t i = 0; i < trees_.tests.size(); ++i) {
            RankedTest& test = trees_.tests[i];
            const auto& of = thresholds_[test.place / kRankedRows];
            const auto rank = std::ranges::lower_bound(of, thresholds_of_tests_[i]) - of.begin();
            test.rank = static_cast<std::int8_t>(rank - 128);
        }
        if (forest_.leaves == ForestLeaves::one) {
            for (const std::uint32_t leaf : trees_.leaves) trees_.said.push_back(forest_.values[leaf]);
            trees_.leaves.clear();
        }
        made = std::move(trees_);
        return true;
    }

  private:
    static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

    static std::size_t column_of(const ForestNode<T>& test) {
        return test.feature / static_cast<std::size_t>(kForestLanes);
    }

    /// False if it is one too many of its feature.
    bool add_threshold(const ForestNode<T>& test) {
        const std::size_t column = column_of(test);
        std::uint32_t& known = place_of_[column];
        if (known == kNowhere) {
            known = static_cast<std::uint32_t>(thresholds_.size());
            thresholds_.emplace_back();
            trees_.features.push_back({.column = static_cast<std::uint32_t>(column)});
        }
        auto& of = thresholds_[known];
        const auto place = std::ranges::lower_bound(of, test.threshold);
        if (place != of.end() && *place == test.threshold) return true;
        if (of.size() == kMostThresholds) return false;
        of.insert(place, test.threshold);
        return true;
    }

    void write_tables() {
        constexpr T kAbove = std::numeric_limits<T>::infinity();
        auto& tables = trees_.tables;
        for (std::size_t i = 0; i < thresholds_.size(); ++i) {
            const auto& of = thresholds_[i];
            RankedFeature& feature = trees_.features[i];
            feature.table = static_cast<std::uint32_t>(tables.size());
            feature.two_levels = of.size() > kRankedThresholds;
            const std::size_t runs = (of.size() + kRankedThresholds - 1) / kRankedThresholds;
            for (std::size_t run = 0; feature.two_levels && run < kRankedThresholds; ++run)
                tables.push_back(run + 1 < runs ? of[(run + 1) * kRankedThresholds - 1] : kAbove);
            for (std::size_t k = 0; k < runs * kRankedThresholds; ++k)
                tables.push_back(k < of.size() ? of[k] : kAbove);
        }
    }

    const Forest<T>& forest_;
    std::size_t first_;
    RankedTrees<T> trees_;
    std::vector<T> thresholds_of_tests_;
    std::vector<std::vector<T>> thresholds_;  // of every feature, in order
    std::vector<std::uint32_t> place_of_;     // of every column
    std::uint64_t steps_ = 0;
};

template <class T>
class Parter {
  public:
    Parter(const Forest<T>& forest, double test_cost) : forest_(forest), test_cost_(test_cost) {
        for (const ForestNode<T>& node : forest.nodes)
            columns_ = std::max<std::size_t>(columns_, node.feature / std::size_t{kForestLanes} + 1);
    }

    /// None if all trees walk.
    std::vector<ForestPart<T>> parts() {
        TreeList<T> tree(forest_);
        for (std::size_t t = 0; t < forest_.roots.size(); ++t) {
            const bool fits = tree.list(forest_.roots[t]) && tree.tests * test_cost_ <= forest_.steps[t];
            if (!fits) {
                close();
                walk(t, t + 1);
                continue;
            }
            if (!group_) group_.emplace(forest_, t, columns_);
            if (group_->add(tree)) continue;
            close();
            group_.emplace(forest_, t, columns_);
            group_->add(tree);  // a single tree has no more tests than there may be thresholds
        }
        close();
        if (std::ranges::none_of(parts_, &ForestPart<T>::ranked)) parts_.clear();
        return std::move(parts_);
    }

  private:
    void walk(std::size_t first, std::size_t last) {
        if (!parts_.empty() && !parts_.back().ranked) {
            parts_.back().last = last;
        } else {
            parts_.push_back({.first = first, .last = last});
        }
    }

    void close() {
        if (!group_) return;
        const std::size_t first = group_->first();
        const std::size_t last = first + group_->size();
        RankedTrees<T> trees;
        if (group_->finish(test_cost_, trees)) {
            parts_.push_back({.first = first, .last = last, .ranked = true, .trees = std::move(trees)});
        } else {
            walk(first, last);
        }
        group_.reset();
    }

    const Forest<T>& forest_;
    double test_cost_;
    std::size_t columns_ = 0;
    std::optional<Group<T>> group_;
    std::vector<ForestPart<T>> parts_;
};

}  // namespace

template <class T>
void rank_trees(Forest<T>& forest, std::int64_t lanes) {
    forest.parts = Parter<T>(forest, lanes == 0 ? 0 : kTestCost / static_cast<double>(lanes)).parts();
    double gain = 0;
    double block_cost = 0;
    forest.ranked_bytes = 0;
    for (const ForestPart<T>& part : forest.parts) {
        gain += part.trees.gain;
        block_cost += part.trees.block_cost;
        if (part.ranked)
            forest.ranked_bytes =
                std::max(forest.ranked_bytes, (part.trees.features.size() + 1) * kRankedRows);
    }
    forest.ranked_rows =
        lanes == 0 || forest.parts.empty() ? 0 : static_cast<std::int64_t>(block_cost / gain) + 1;
}

template <class T>
double forest_steps(const Forest<T>& forest, std::int64_t lanes) {
    double steps = 0;
    const auto walked = [&](std::size_t first, std::size_t last) {
        for (std::size_t tree = first; tree < last; ++tree) steps += forest.steps[tree];
    };
    if (forest.parts.empty()) walked(0, forest.steps.size());
    for (const ForestPart<T>& part : forest.parts) {
        if (!part.ranked) {
            walked(part.first, part.last);
            continue;
        }
        for (const RankedFeature& feature : part.trees.features)
            steps += feature.two_levels ? 2 * kRankCost : kRankCost;
        steps += static_cast<double>(part.trees.tests.size()) * kTestCost / static_cast<double>(lanes);
    }
    return steps;
}

template void rank_trees(Forest<float>&, std::int64_t);
template void rank_trees(Forest<double>&, std::int64_t);
template double forest_steps(const Forest<float>&, std::int64_t);
template double forest_steps(const Forest<double>&, std::int64_t);

}  // namespace espalier::kernels
