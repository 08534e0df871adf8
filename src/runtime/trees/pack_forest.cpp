#include "runtime/trees/pack_forest.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace espalier::runtime {
namespace {

using trees::Branch;
using trees::Ensemble;
using trees::TreeNode;

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

bool scores_all(const Ensemble& ensemble, const TreeNode& leaf) {
    if (leaf.no - leaf.yes != ensemble.outputs) return false;
    for (std::int32_t w = leaf.yes; w < leaf.no; ++w) {
        if (ensemble.weights[at(w)].output != w - leaf.yes) return false;
    }
    return true;
}

/// The one output that all leaves of the tree score; -1 if there is none.
std::int32_t output_of(const Ensemble& ensemble, std::int32_t root, std::vector<bool>& seen) {
    std::int32_t output = -1;
    std::vector<std::int32_t> open = {root};
    while (!open.empty()) {
        const std::int32_t index = open.back();
        open.pop_back();
        const TreeNode& node = ensemble.nodes[at(index)];
        if (node.is_leaf()) {
            const std::int32_t scored = ensemble.weights[at(node.yes)].output;
            if (node.no - node.yes != 1 || (output >= 0 && scored != output)) return -1;
            output = scored;
            continue;
        }
        if (seen[at(index)]) continue;
        seen[at(index)] = true;
        open.push_back(node.yes);
        open.push_back(node.no);
    }
    return output;
}

/// The outputs of the trees; empty if a tree scores several.
std::vector<std::uint32_t> outputs_of(const Ensemble& ensemble) {
    std::vector<std::uint32_t> outputs;
    std::vector<bool> seen(ensemble.nodes.size(), false);
    for (const std::int32_t root : ensemble.roots) {
        const std::int32_t output = output_of(ensemble, root, seen);
        if (output < 0) return {};
        outputs.push_back(static_cast<std::uint32_t>(output));
    }
    return outputs;
}

/// x > threshold, with the nodes of the ensemble that follow.
template <class T>
struct Test {
    T threshold;
    std::int32_t left, right;
    bool missing_right;
};

/// The largest T that is not above `value`.
template <class T>
T rounded_down(double value) {
    const T near = static_cast<T>(value);
    return static_cast<double>(near) > value ? std::nextafter(near, -std::numeric_limits<T>::infinity())
                                             : near;
}

/// The largest T below `value`; of -infinity itself. Below 0 it is the largest normal number: denormal ones
/// may count as zero while a program runs, and x > -1e-45 would then be false of 0.
template <class T>
T below(double value) {
    if (value == 0) return -std::numeric_limits<T>::min();
    const T down = rounded_down<T>(value);
    return static_cast<double>(down) < value ? down
                                             : std::nextafter(down, -std::numeric_limits<T>::infinity());
}

template <class T>
Test<T> ordered_test(const TreeNode& node) {
    const bool strict = node.branch == Branch::less || node.branch == Branch::greater_equal;
    const bool yes_left = node.branch == Branch::less_equal || node.branch == Branch::less;
    Test<T> test{.threshold = strict ? below<T>(node.threshold) : rounded_down<T>(node.threshold),
                 .left = yes_left ? node.yes : node.no,
                 .right = yes_left ? node.no : node.yes,
                 .missing_right = node.missing_yes != yes_left};
    if (strict && std::isinf(node.threshold) && node.threshold < 0) {
        // Everything is at least -infinity, which no x > threshold says.
        test.left = test.right;
        test.threshold = std::numeric_limits<T>::infinity();
        const std::int32_t missing = node.missing_yes ? node.yes : node.no;
        if (test.left != missing) {
            test.right = missing;
            test.missing_right = true;
        }
    }
    return test;
}

template <class T>
class Packer {
  public:
    explicit Packer(const Ensemble& ensemble) : ensemble_(ensemble), leaf_(ensemble.nodes.size(), 0) {
        forest_.outputs = ensemble.outputs;
        forest_.output_of = outputs_of(ensemble);
        if (forest_.output_of.empty()) {
            forest_.output_of.assign(ensemble.roots.size(), 0);
            forest_.leaves = kernels::ForestLeaves::all;
        }
        // Millions of nodes are copied, and their memory taken, twice where vectors grow.
        forest_.nodes.reserve(ensemble.nodes.size());
        forest_.missing_right.reserve(ensemble.nodes.size());
        forest_.leaf_of.reserve(ensemble.nodes.size());
        forest_.values.reserve(ensemble.weights.size());
        for (std::size_t i = 0; i < ensemble.nodes.size(); ++i) {
            if (ensemble.nodes[i].is_leaf()) add_leaf(i);
        }
    }

    kernels::Forest<T> pack() {
        for (const std::int32_t root : ensemble_.roots) add_tree(root);
        return std::move(forest_);
    }

  private:
    /// A node that is to be written at `place`; `second`: the upper half of an == or !=.
    struct Open {
        std::int32_t from;
        std::uint32_t place;
        std::uint32_t depth;
        bool second;
    };

    void add_leaf(std::size_t index) {
        const TreeNode& leaf = ensemble_.nodes[index];
        leaf_[index] = next_leaf_++;
        for (std::int32_t w = leaf.yes; w < leaf.no; ++w)
            forest_.values.push_back(static_cast<T>(ensemble_.weights[at(w)].value));
    }

    std::uint32_t new_place() {
        forest_.nodes.emplace_back();
        forest_.missing_right.push_back(0);
        forest_.leaf_of.push_back(0);
        return static_cast<std::uint32_t>(forest_.nodes.size() - 1);
    }

    /// Breadth first, so that the nodes that every row passes lie together.
    void add_tree(std::int32_t root) {
        std::vector<Open> level = {{root, new_place(), 0, false}};
        forest_.roots.push_back(level.front().place);
        std::uint32_t deepest = 0;
        while (!level.empty()) {
            std::vector<Open> next;
            for (const Open& open : level) {
                deepest = std::max(deepest, open.depth);
                add(open, next);
            }
            level = std::move(next);
        }
        forest_.steps.push_back(deepest);
    }

    void add(const Open& open, std::vector<Open>& next) {
        const TreeNode& node = ensemble_.nodes[at(open.from)];
        kernels::ForestNode<T>& made = forest_.nodes[open.place];
        if (node.is_leaf()) {
            made = {.threshold = std::numeric_limits<T>::infinity(), .feature = 0, .child = open.place};
            forest_.leaf_of[open.place] = leaf_[at(open.from)];
            return;
        }
        const bool two = node.branch == Branch::equal || node.branch == Branch::not_equal;
        Test<T> test{};
        bool left_again = false;
        if (!two) {
            test = ordered_test<T>(node);
        } else {
            // x == a: not above a, and then above the number below a.
            const std::int32_t same = node.branch == Branch::equal ? node.yes : node.no;
            const std::int32_t other = node.branch == Branch::equal ? node.no : node.yes;
            const bool missing_yes = node.missing_yes || node.branch == Branch::not_equal;
            const bool missing_same = missing_yes == (node.branch == Branch::equal);
            left_again = !open.second;
            test = open.second ? Test<T>{below<T>(node.threshold), other, same, missing_same}
                               : Test<T>{rounded_down<T>(node.threshold), open.from, other, !missing_same};
        }
        const std::uint32_t child = new_place();
        new_place();
        forest_.nodes[open.place] = {.threshold = test.threshold,
                                     .feature = static_cast<std::uint32_t>(node.feature) *
                                                static_cast<std::uint32_t>(kernels::kForestLanes),
                                     .child = child};
        forest_.missing_right[open.place] = test.missing_right ? 1 : 0;
        next.push_back({test.left, child, open.depth + 1, left_again});
        next.push_back({test.right, child + 1, open.depth + 1, false});
    }

    const Ensemble& ensemble_;
    std::vector<std::uint32_t> leaf_;
    std::uint32_t next_leaf_ = 0;
    kernels::Forest<T> forest_;
};

}  // namespace

bool can_pack(const Ensemble& ensemble) {
    if (ensemble.aggregate == trees::Aggregate::min || ensemble.aggregate == trees::Aggregate::max)
        return false;
    if (trees::features_read(ensemble) > (std::int64_t{1} << 28)) return false;
    const auto is_exact = [](const TreeNode& node) {
        const bool two = node.branch == Branch::equal || node.branch == Branch::not_equal;
        const bool exact = static_cast<double>(static_cast<float>(node.threshold)) == node.threshold;
        return node.branch != Branch::member && (!two || (exact && std::isfinite(node.threshold)));
    };
    if (!std::ranges::all_of(ensemble.nodes, is_exact)) return false;
    const auto all = [&](const TreeNode& node) { return !node.is_leaf() || scores_all(ensemble, node); };
    return std::ranges::all_of(ensemble.nodes, all) || !outputs_of(ensemble).empty();
}

template <class T>
kernels::Forest<T> pack_forest(const Ensemble& ensemble) {
    return Packer<T>(ensemble).pack();
}

template kernels::Forest<float> pack_forest(const Ensemble&);
template kernels::Forest<double> pack_forest(const Ensemble&);

}  // namespace espalier::runtime
