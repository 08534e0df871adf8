// The page of pruned trees: what every method errs over the nodes that it leaves, and small trees before and
// after.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/numbers.h"
#include "experiment/trees/prune_trees.h"
#include "experiment/trees/tree_drawing.h"
#include "report/page.h"
#include "report/text.h"

namespace espalier::experiment {
namespace {

using report::escape_html;
using trees::Trial;

constexpr double kWidth = 330, kHeight = 210;
constexpr double kLeft = 46, kRight = 10, kTop = 10, kBottom = 30;
constexpr std::size_t kMostDrawnTrees = 4;

/// The axes that all pictures of a node share: nodes by their logarithm, the loss from what is least to
/// six times as far as the median is from it; what errs more is at the rim.
struct Axes {
    double least_nodes = 1, most_nodes = 2, low = 0, high = 1;
    bool classes = false;

    explicit Axes(const PrunedTrees& node) : classes(node.classes) {
        std::vector<double> losses;
        least_nodes = INFINITY;
        for (const MethodCurve& curve : node.curves) {
            for (const Trial& trial : curve.validated.trials) {
                least_nodes = std::min(least_nodes, static_cast<double>(trial.nodes));
                most_nodes = std::max(most_nodes, static_cast<double>(trial.nodes));
                losses.push_back(trial.loss.mean);
            }
        }
        if (losses.empty()) return;
        std::ranges::sort(losses);
        low = losses.front();
        const double middle = losses[losses.size() / 2];
        high = std::min(losses.back(), low + 6 * std::max(middle - low, 0.02 * std::abs(low) + 1e-9));
        if (!(high > low)) high = low + 1e-9;
        const double room = 0.08 * (high - low);
        low = std::max(0.0, low - room);
        high += room;
        if (!(most_nodes > least_nodes)) most_nodes = 2 * least_nodes;
    }
    double x(double nodes) const {
        return kLeft +
               (kWidth - kLeft - kRight) * std::log(nodes / least_nodes) / std::log(most_nodes / least_nodes);
    }
    double y(double loss) const {
        return kTop + (kHeight - kTop - kBottom) * (high - std::clamp(loss, low, high)) / (high - low);
    }
    std::string text(double loss) const {
        return classes ? fmt::format("{:.3g} %", 100 * loss) : fmt::format("{:.3g}", loss);
    }
};

std::string points(const Axes& axes, const std::vector<Trial>& trials) {
    std::string text;
    for (const Trial& trial : trials)
        text +=
            fmt::format("{:.1f},{:.1f} ", axes.x(static_cast<double>(trial.nodes)), axes.y(trial.loss.mean));
    return text;
}

std::string grid(const Axes& axes) {
    std::string svg;
    for (const double part : {0.0, 0.5, 1.0}) {
        const double loss = axes.low + part * (axes.high - axes.low);
        svg += fmt::format(
            "<line x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"var(--grid)\"/><text "
            "x=\"{3}\" "
            "y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>",
            kLeft, kWidth - kRight, axes.y(loss), kLeft - 5, axes.y(loss) + 4, axes.text(loss));
    }
    for (const double nodes :
         {axes.least_nodes, std::sqrt(axes.least_nodes * axes.most_nodes), axes.most_nodes})
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>", axes.x(nodes),
                           kHeight - 10, nodes == axes.most_nodes ? "end" : "middle",
                           with_commas(std::llround(nodes)));
    return "<g fill=\"var(--soft)\" font-size=\"11\">" + svg + "</g>";
}

std::string dots(const Axes& axes, const trees::Validated& validated) {
    std::string svg;
    for (std::size_t i = 0; i < validated.trials.size(); ++i) {
        const Trial& trial = validated.trials[i];
        const double x = axes.x(static_cast<double>(trial.nodes));
        const bool chosen = i == validated.chosen;
        svg += fmt::format(
            "<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" stroke=\"var(--accent)\"/>"
            "<circle cx=\"{0:.1f}\" cy=\"{3:.1f}\" r=\"{4}\" fill=\"var(--{5})\" stroke=\"var(--accent)\">"
            "<title>{6:.4g}: {7} nodes, {8} ± {9}</title></circle>",
            x, axes.y(trial.loss.mean - trial.loss.standard_error),
            axes.y(trial.loss.mean + trial.loss.standard_error), axes.y(trial.loss.mean), chosen ? 5 : 2.5,
            chosen ? "card" : "accent", trial.amount, with_commas(trial.nodes), axes.text(trial.loss.mean),
            axes.text(trial.loss.standard_error));
    }
    return svg;
}

/// One method among the others, which are thin lines.
std::string panel(const PrunedTrees& node, const Axes& axes, const MethodCurve& curve) {
    std::string others;
    for (const MethodCurve& other : node.curves) {
        if (&other != &curve && other.validated.trials.size() > 1)
            others += fmt::format("<polyline points=\"{}\"/>", points(axes, other.validated.trials));
    }
    return fmt::format(
        "<figure><h3>{0}</h3><svg viewBox=\"0 0 {1} {2}\" role=\"img\" aria-label=\"Error of {0} over "
        "nodes\">{3}"
        "<g fill=\"none\" stroke=\"var(--before)\">{4}</g>"
        "<polyline fill=\"none\" stroke=\"var(--accent)\" stroke-width=\"2\" "
        "points=\"{5}\"/>{6}</svg></figure>\n",
        curve.method, kWidth, kHeight, grid(axes), others, points(axes, curve.validated.trials),
        dots(axes, curve.validated));
}

std::string curves_html(const PrunedTrees& node) {
    const Axes axes(node);
    std::string html = "<div class=\"panels\">\n";
    std::string missing;
    for (const MethodCurve& curve : node.curves) {
        if (curve.left_out.empty())
            html += panel(node, axes, curve);
        else
            missing += fmt::format(" {} is left out: {}.", curve.method, escape_html(curve.left_out));
    }
    return html + fmt::format(
                      "</div>\n<p class=\"note\">Across: nodes left (logarithmic). Up: {}, {}. Lines up and "
                      "down are one "
                      "standard error over the rows to either side; what errs more than the picture holds is "
                      "at its rim. "
                      "The open circle is the smallest within one standard error of the least. Thin lines "
                      "are the other "
                      "methods.{}</p>\n",
                      node.classes ? "rows of a wrong class" : "mean squared error", node.judged_by, missing);
}

std::string results_html(const PrunedTrees& node) {
    const auto row = [](const char* what, const TreeCounts& counts) {
        return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", what,
                           with_commas(counts.trees), with_commas(counts.nodes), with_commas(counts.leaves));
    };
    return "<div class=\"scroll\"><table "
           "class=\"data\"><thead><tr><th></th><th>trees</th><th>nodes</th><th>leaves</th>"
           "</tr></thead>\n<tbody>\n" +
           row("before", node.before) + row("after", node.after) + "</tbody></table></div>\n";
}

std::string drawings_html(const trees::Ensemble& ensemble, const char* when) {
    std::string html;
    const std::size_t count = std::min(ensemble.roots.size(), kMostDrawnTrees);
    for (std::size_t t = 0; t < count; ++t) {
        const std::string label = fmt::format("Tree {} {}", t + 1, when);
        const std::string svg = tree_svg(ensemble, ensemble.roots[t], label);
        html += fmt::format("<h3>{}</h3>\n", label) +
                (svg.empty()
                     ? fmt::format("<p class=\"note\">More than {} nodes: not drawn.</p>\n", kMostDrawnNodes)
                     : "<div class=\"scroll\">" + svg + "</div>\n");
    }
    if (count < ensemble.roots.size())
        html += fmt::format("<p class=\"note\">And {} more trees.</p>\n",
                            with_commas(static_cast<std::int64_t>(ensemble.roots.size() - count)));
    return html;
}

}  // namespace

std::string to_html(const PrunedTreeFile& pruned) {
    std::string sections;
    std::string links;
    for (std::size_t i = 0; i < pruned.nodes.size(); ++i) {
        const PrunedTrees& node = pruned.nodes[i];
        const std::string title = node.node.empty() ? node.op : node.node;
        const std::string after = fmt::format("after {}", pruned.criterion);
        const std::string drawn = !node.trees_before ? ""
                                                     : drawings_html(*node.trees_before, "before") +
                                                           drawings_html(*node.trees_after, after.c_str());
        const auto add = [&](const char* name, const std::string& heading, const std::string& html) {
            if (html.empty()) return;
            const std::string anchor = fmt::format("{}-{}", name, i);
            links += fmt::format("<a href=\"#{}\">{}</a>\n", anchor, escape_html(heading));
            sections += report::section_html(anchor, escape_html(fmt::format("{}: {}", title, heading)),
                                             {.html = html, .data = nullptr, .caption = {}});
        };
        add("counts", "nodes", results_html(node));
        add("error", "error over nodes", node.curves.empty() ? "" : curves_html(node));
        add("trees", "trees", drawn);
    }
    return report::fill(report::asset("page/plain.html"),
                        {{"title", escape_html(pruned.path.filename().string())},
                         {"scope", escape_html(fmt::format("pruned by {}", pruned.criterion))},
                         {"style", std::string(report::asset("page/page.css"))},
                         {"links", links},
                         {"sections", sections}});
}

}  // namespace espalier::experiment
