#include <algorithm>

#include "espalier/error.h"
#include "trees/grown/grown.h"

namespace espalier::trees {
namespace {

class Builder {
  public:
    Builder(const Grown& grown, std::span<const std::uint8_t> cut)
        : grown_(grown), cut_(cut), made_(grown.ensemble) {
        made_.nodes.clear();
        made_.weights.clear();
        made_.roots.clear();
    }

    void add_tree(std::int32_t root, double weight) {
        made_.roots.push_back(static_cast<std::int32_t>(made_.nodes.size()));
        std::vector<Open> open = {{root, -1, false}};
        while (!open.empty()) {
            const Open next = open.back();
            open.pop_back();
            const auto place = static_cast<std::int32_t>(made_.nodes.size());
            if (next.parent >= 0)
                (next.yes ? made_.nodes[at(next.parent)].yes : made_.nodes[at(next.parent)].no) = place;
            TreeNode node = grown_.ensemble.nodes[at(next.from)];
            if (node.is_leaf() || (!cut_.empty() && cut_[at(next.from)] != 0)) {
                node = leaf(next.from, weight);
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

    /// Scores the outputs that a leaf below scores.
    TreeNode leaf(std::int32_t from, double weight) {
        std::vector<std::int32_t> outputs;
        std::vector<std::int32_t> open = {from};
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
        TreeNode made;
        made.yes = static_cast<std::int32_t>(made_.weights.size());
        for (const std::int32_t output : outputs) {
            double value = grown_.value(at(from))[output] * weight;
            if (!made_.doubles) value = static_cast<double>(static_cast<float>(value));
            made_.weights.push_back({output, value});
        }
        made.no = static_cast<std::int32_t>(made_.weights.size());
        return made;
    }

    const Grown& grown_;
    std::span<const std::uint8_t> cut_;
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

Ensemble pruned(const Grown& grown, std::span<const std::uint8_t> cut, std::span<const double> tree_weights) {
    Builder builder(grown, cut);
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
