#include "runtime/trees/pack_forest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/forest_walk/ranked_trees.h"

namespace espalier::runtime {
namespace {

using trees::Branch;
using trees::Ensemble;
using trees::TreeNode;

// Nodes that are shared are written out as often as they are reached, up to this many in all; beyond it they
// stand once, and a node whose test always fails jumps to them.
constexpr double kFewNodes = 10000;
constexpr double kMostCopies = 2;

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

bool scores_all(const Ensemble& ensemble, const TreeNode& leaf) {
    if (leaf.no - leaf.yes != ensemble.outputs) return false;
    for (std::int32_t w = leaf.yes; w < leaf.no; ++w) {
        if (ensemble.weights[at(w)].output != w - leaf.yes) return false;
    }
    return true;
}

/// What is below a node.
struct Below {
    std::int32_t output = -1;  // the one that all leaves score; -1 if there is none
    std::uint32_t height = 0;  // most steps to a leaf, where every test is jumped to
    double nodes = 0;          // where none is shared; 0: not yet known
};

bool is_two(const TreeNode& node) { return node.branch == Branch::equal || node.branch == Branch::not_equal; }
/// Where == or != lead from the value itself, and from others.
std::int32_t same_side(const TreeNode& node) { return node.branch == Branch::equal ? node.yes : node.no; }
std::int32_t other_side(const TreeNode& node) { return node.branch == Branch::equal ? node.no : node.yes; }

Below below_test(const TreeNode& node, const std::vector<Below>& below) {
    const Below& yes = below[at(node.yes)];
    const Below& no = below[at(node.no)];
    const auto steps_to = [&](std::int32_t child) {
        const Below& of = below[at(child)];
        return of.height + (of.height > 0 ? 2U : 1U);
    };
    Below made{.output = yes.output == no.output ? yes.output : -1,
               .height = std::max(steps_to(node.yes), steps_to(node.no)),
               .nodes = 1 + yes.nodes + no.nodes};
    if (is_two(node)) {
        const Below& other = below[at(other_side(node))];
        made.nodes += 1 + other.nodes;
        made.height = std::max(1 + steps_to(same_side(node)), other.height + (other.height > 0 ? 3U : 2U));
    }
    return made;
}

/// Every node is looked at once, however many ways lead to it: nodes may be shared within and between trees.
std::vector<Below> look_below(const Ensemble& ensemble) {
    std::vector<Below> below(ensemble.nodes.size());
    std::vector<std::int32_t> open(ensemble.roots);
    while (!open.empty()) {
        const std::int32_t index = open.back();
        const TreeNode& node = ensemble.nodes[at(index)];
        Below& here = below[at(index)];
        if (here.nodes > 0) {
            open.pop_back();
        } else if (node.is_leaf()) {
            here.output = node.no - node.yes == 1 ? ensemble.weights[at(node.yes)].output : -1;
            here.nodes = 1;
        } else if (below[at(node.yes)].nodes == 0) {
            open.push_back(node.yes);
        } else if (below[at(node.no)].nodes == 0) {
            open.push_back(node.no);
        } else {
            here = below_test(node, below);
        }
    }
    return below;
}

/// The outputs of the trees; empty if a tree scores several.
std::vector<std::uint32_t> outputs_of(const Ensemble& ensemble, const std::vector<Below>& below) {
    std::vector<std::uint32_t> outputs;
    for (const std::int32_t root : ensemble.roots) {
        const std::int32_t output = below[at(root)].output;
        if (output < 0) return {};
        outputs.push_back(static_cast<std::uint32_t>(output));
    }
    return outputs;
}

/// Sharing, and chains of ==, can say exponentially many nodes.
bool can_copy(const Ensemble& ensemble, const std::vector<Below>& below) {
    double nodes = 0;
    for (const std::int32_t root : ensemble.roots) nodes += below[at(root)].nodes;
    return nodes <= kFewNodes + kMostCopies * static_cast<double>(ensemble.nodes.size());
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
    explicit Packer(const Ensemble& ensemble)
        : ensemble_(ensemble), leaf_(ensemble.nodes.size(), 0), below_(look_below(ensemble)) {
        if (!can_copy(ensemble, below_)) place_of_.assign(ensemble.nodes.size(), kNowhere);
        forest_.outputs = ensemble.outputs;
        forest_.output_of = outputs_of(ensemble, below_);
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
        kernels::rank_trees(forest_, kernels::ranked_lanes());
        return std::move(forest_);
    }

  private:
    static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

    /// A node that is to be written at `place`; `second`: the lower half of an == or !=.
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
        if (!place_of_.empty() && place_of_[at(root)] != kNowhere) {
            forest_.roots.push_back(place_of_[at(root)]);
            forest_.steps.push_back(below_[at(root)].height);
            return;
        }
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
        forest_.steps.push_back(place_of_.empty() ? deepest : below_[at(root)].height);
    }

    void add(const Open& open, std::vector<Open>& next) {
        const TreeNode& node = ensemble_.nodes[at(open.from)];
        kernels::ForestNode<T>& made = forest_.nodes[open.place];
        if (node.is_leaf()) {
            made = {.threshold = std::numeric_limits<T>::infinity(), .feature = 0, .child = open.place};
            forest_.leaf_of[open.place] = leaf_[at(open.from)];
            return;
        }
        if (jumps(open)) return;
        Test<T> test{};
        bool left_again = false;
        if (!is_two(node)) {
            test = ordered_test<T>(node);
        } else {
            // x == a: not above a, and then above the number below a.
            const std::int32_t same = same_side(node);
            const std::int32_t other = other_side(node);
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

    /// Whether the node stands elsewhere, to which a jump is written. Notes where it stands else.
    bool jumps(const Open& open) {
        if (place_of_.empty() || open.second) return false;
        std::uint32_t& place = place_of_[at(open.from)];
        if (place == kNowhere) {
            place = open.place;
            return false;
        }
        forest_.nodes[open.place] = {
            .threshold = std::numeric_limits<T>::infinity(), .feature = 0, .child = place};
        return true;
    }

    const Ensemble& ensemble_;
    std::vector<std::uint32_t> leaf_;
    std::vector<Below> below_;
    std::vector<std::uint32_t> place_of_;  // where nodes stand that are jumped to; none: all are copied
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
    return std::ranges::all_of(ensemble.nodes, all) || !outputs_of(ensemble, look_below(ensemble)).empty();
}

template <class T>
kernels::Forest<T> pack_forest(const Ensemble& ensemble) {
    return Packer<T>(ensemble).pack();
}

template kernels::Forest<float> pack_forest(const Ensemble&);
template kernels::Forest<double> pack_forest(const Ensemble&);

}  // namespace espalier::runtime
