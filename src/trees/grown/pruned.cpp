#include <algorithm>

#include "espalier/error.h"
#include "trees/grown/grown.h"

namespace espalier::trees {
namespace {

class Builder {
  public:
    /// `values`: of all nodes, or none for those of `grown`.
    Builder(const Grown& grown, std::span<const std::uint8_t> cut, std::span<const double> values,
            std::span<const Side> sides)
        : grown_(grown), cut_(cut), values_(values), sides_(sides), made_(grown.ensemble) {
        made_.nodes.clear();
        made_.weights.clear();
        made_.roots.clear();
    }

    void add_tree(std::int32_t root, double weight) {
        made_.roots.push_back(static_cast<std::int32_t>(made_.nodes.size()));
        if (!values_.empty()) outputs_ = scored_below(root);
        std::vector<Open> open = {{root, -1, false}};
        while (!open.empty()) {
            const Open next = open.back();
            open.pop_back();
            const auto place = static_cast<std::int32_t>(made_.nodes.size());
            if (next.parent >= 0)
                (next.yes ? made_.nodes[at(next.parent)].yes : made_.nodes[at(next.parent)].no) = place;
            const std::int32_t from = what_stands(next.from);
            TreeNode node = grown_.ensemble.nodes[at(from)];
            if (is_leaf(from)) {
                node = leaf(from, weight);
            } else {
                open.push_back({node.no, place, false});
                open.push_back({node.yes, place, true});
            }
            made_.nodes.push_back(node);
        }
    }

    Ensemble take() && { return std::move(made_); }

  private:
    struct Open {
        std::int32_t from;
        std::int32_t parent;
        bool yes;
    };

    bool is_leaf(std::int32_t node) const {
        return grown_.ensemble.nodes[at(node)].is_leaf() || (!cut_.empty() && cut_[at(node)] != 0);
    }

    /// The node, or what is left of it where a test goes.
    std::int32_t what_stands(std::int32_t node) const {
        while (!sides_.empty() && !is_leaf(node) && sides_[at(node)] != Side::none) {
            const TreeNode& test = grown_.ensemble.nodes[at(node)];
            node = sides_[at(node)] == Side::yes ? test.yes : test.no;
        }
        return node;
    }

    /// The outputs that a leaf below the node scores.
    std::vector<std::int32_t> scored_below(std::int32_t top) const {
        std::vector<std::int32_t> outputs;
        std::vector<std::int32_t> open = {top};
        while (!open.empty()) {
            const TreeNode& node = grown_.ensemble.nodes[at(open.back())];
            open.pop_back();
            if (node.is_leaf()) {
                for (std::int32_t w = node.yes; w < node.no; ++w)
                    outputs.push_back(grown_.ensemble.weights[at(w)].output);
            } else {
                open.push_back(node.yes);
                open.push_back(node.no);
            }
        }
        std::ranges::sort(outputs);
        outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
        return outputs;
    }

    TreeNode leaf(std::int32_t from, double weight) {
        if (values_.empty()) outputs_ = scored_below(from);
        const double* values =
            values_.empty() ? grown_.value(at(from)) : values_.data() + from * grown_.ensemble.outputs;
        TreeNode made;
        made.yes = static_cast<std::int32_t>(made_.weights.size());
        for (const std::int32_t output : outputs_) {
            double value = values[output] * weight;
            if (!made_.doubles) value = static_cast<double>(static_cast<float>(value));
            made_.weights.push_back({output, value});
        }
        made.no = static_cast<std::int32_t>(made_.weights.size());
        return made;
    }

    const Grown& grown_;
    std::span<const std::uint8_t> cut_;
    std::span<const double> values_;
    std::span<const Side> sides_;
    std::vector<std::int32_t> outputs_;  // of the next leaf; with values, of all leaves of its tree
    Ensemble made_;
};

/// ONNX takes the one score of a classifier of two classes for a probability where no leaf is negative.
void require_same_meaning(const Ensemble& before, Ensemble& made) {
    if (!before.classifies) return;
    classify_leaves(made);
    if (made.binary && before.binary && made.positive != before.positive)
        throw Unsupported(
            "what is left has no negative leaf, so ONNX would read its scores as probabilities: "
            "prune less");
}

}  // namespace

Ensemble pruned(const Grown& grown, std::span<const std::uint8_t> cut, std::span<const double> tree_weights,
                std::span<const double> values, std::span<const Side> sides) {
    Builder builder(grown, cut, values, sides);
    const auto& roots = grown.ensemble.roots;
    const bool none =
        !tree_weights.empty() && std::ranges::all_of(tree_weights, [](double w) { return w == 0; });
    const auto stays = [&](std::size_t tree) {
        return tree_weights.empty() || tree_weights[tree] != 0 || (none && tree + 1 == roots.size());
    };
    std::size_t kept = 0;
    for (std::size_t tree = 0; tree < roots.size(); ++tree) kept += stays(tree) ? 1 : 0;
    // An average is over the trees that are left.
    const double scale = grown.ensemble.aggregate == Aggregate::average
                             ? static_cast<double>(kept) / static_cast<double>(roots.size())
                             : 1;
    for (std::size_t tree = 0; tree < roots.size(); ++tree) {
        if (stays(tree))
            builder.add_tree(roots[tree], scale * (tree_weights.empty() ? 1 : tree_weights[tree]));
    }
    Ensemble made = std::move(builder).take();
    require_same_meaning(grown.ensemble, made);
    return made;
}

}  // namespace espalier::trees
