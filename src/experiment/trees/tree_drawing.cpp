#include "experiment/trees/tree_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/text.h"

namespace espalier::experiment {
namespace {

using trees::Branch;
using trees::Ensemble;
using trees::TreeNode;

constexpr double kLeafWidth = 92;
constexpr double kLevelHeight = 62;
constexpr double kBoxHeight = 24;
constexpr double kMargin = 14;
constexpr int kMostLevels = 40;

std::string test_text(const Ensemble& ensemble, const TreeNode& node) {
    constexpr const char* kSigns[] = {"≤", "<", "≥", ">", "=", "≠"};
    if (node.branch == Branch::member)
        return fmt::format("x{} in {} values", node.feature,
                           ensemble.sets[static_cast<std::size_t>(node.threshold)].size());
    return fmt::format("x{} {} {:.3g}", node.feature, kSigns[static_cast<std::size_t>(node.branch)],
                       node.threshold);
}

std::string leaf_text(const Ensemble& ensemble, const TreeNode& leaf) {
    const auto begin = ensemble.weights.begin() + leaf.yes;
    const auto end = ensemble.weights.begin() + leaf.no;
    const auto most =
        std::max_element(begin, end, [](const auto& a, const auto& b) { return a.value < b.value; });
    if (!ensemble.classifies || ensemble.binary) return fmt::format("{:.3g}", most->value);
    return fmt::format("{}: {:.2g}", ensemble.labels[static_cast<std::size_t>(most->output)], most->value);
}

/// Every leaf takes a place of the same width from the left; a test stands over the middle of its sides.
class Drawing {
  public:
    explicit Drawing(const Ensemble& ensemble) : ensemble_(ensemble) {}

    bool add(std::int32_t root) {
        place(root, 0);
        return nodes_ <= kMostDrawnNodes && deepest_ < kMostLevels;
    }

    std::string svg(const std::string& label) const {
        const double width = 2 * kMargin + kLeafWidth * leaves_;
        const double height = 2 * kMargin + kLevelHeight * deepest_ + kBoxHeight;
        return fmt::format(
            "<svg class=\"tree\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
            "role=\"img\" aria-label=\"{2}\"><g stroke=\"var(--line)\" stroke-width=\"1.5\">{3}</g>\n"
            "<g font-size=\"12\" text-anchor=\"middle\">{4}</g></svg>\n",
            width, height, report::escape_html(label), lines_, boxes_);
    }

  private:
    /// Where its middle is, across.
    double place(std::int32_t index, int level) {
        if (++nodes_ > kMostDrawnNodes || level >= kMostLevels) return 0;
        deepest_ = std::max(deepest_, level);
        const TreeNode& node = ensemble_.nodes[static_cast<std::size_t>(index)];
        if (node.is_leaf()) {
            const double x = kMargin + kLeafWidth * (leaves_++ + 0.5);
            box(x, level, leaf_text(ensemble_, node), true);
            return x;
        }
        const double left = place(node.yes, level + 1);
        const double right = place(node.no, level + 1);
        const double x = (left + right) / 2;
        for (const double to : {left, right})
            lines_ += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", x,
                                  top(level) + kBoxHeight, to, top(level + 1));
        box(x, level, test_text(ensemble_, node), false);
        return x;
    }

    static double top(int level) { return kMargin + kLevelHeight * level; }

    void box(double x, int level, const std::string& text, bool leaf) {
        const double width = kLeafWidth - 6;
        boxes_ += fmt::format(
            "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.0f}\" rx=\"{}\" "
            "fill=\"var(--{})\" stroke=\"var(--{})\"/><text x=\"{:.1f}\" y=\"{:.1f}\" "
            "fill=\"var(--ink)\">{}</text>",
            x - width / 2, top(level), width, kBoxHeight, leaf ? 12 : 3, leaf ? "grid" : "card",
            leaf ? "grid" : "accent", x, top(level) + 16.5, report::escape_html(text));
    }

    const Ensemble& ensemble_;
    std::string lines_, boxes_;
    std::size_t nodes_ = 0;
    int leaves_ = 0;
    int deepest_ = 0;
};

}  // namespace

std::string tree_svg(const Ensemble& ensemble, std::int32_t root, const std::string& label) {
    Drawing drawing(ensemble);
    return drawing.add(root) ? drawing.svg(label) : "";
}

}  // namespace espalier::experiment
