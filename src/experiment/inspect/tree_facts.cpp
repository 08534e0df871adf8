#include "experiment/inspect/tree_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "graph/trees/ensemble.h"

namespace espalier::experiment {
namespace {

/// Tests above the deepest leaf below a root. Shared nodes are looked at once.
std::int64_t depth_of(const trees::Ensemble& ensemble) {
    std::vector<std::int64_t> depth(ensemble.nodes.size(), -1);
    std::int64_t deepest = 0;
    for (const std::int32_t root : ensemble.roots) {
        std::vector<std::int32_t> open = {root};
        while (!open.empty()) {
            const auto at = static_cast<std::size_t>(open.back());
            const trees::TreeNode& node = ensemble.nodes[at];
            if (node.is_leaf() || depth[at] >= 0) {
                depth[at] = std::max<std::int64_t>(depth[at], 0);
                open.pop_back();
                continue;
            }
            const std::int64_t yes = depth[static_cast<std::size_t>(node.yes)];
            const std::int64_t no = depth[static_cast<std::size_t>(node.no)];
            if (yes >= 0 && no >= 0) {
                depth[at] = 1 + std::max(yes, no);
                open.pop_back();
                continue;
            }
            if (no < 0) open.push_back(node.no);
            if (yes < 0) open.push_back(node.yes);
        }
        deepest = std::max(deepest, depth[static_cast<std::size_t>(root)]);
    }
    return deepest;
}

std::string modes_of(const trees::Ensemble& ensemble) {
    constexpr std::string_view kNames[] = {"LEQ", "LT", "GTE", "GT", "EQ", "NEQ", "MEMBER"};
    std::array<bool, std::size(kNames) + 1> used{};  // leaves behind them
    for (const trees::TreeNode& node : ensemble.nodes) used[static_cast<std::size_t>(node.branch)] = true;
    std::string text;
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (used[i]) text += (text.empty() ? "" : ", ") + std::string(kNames[i]);
    }
    return text;
}

}  // namespace

std::vector<TreeFacts> tree_facts(const Graph& graph) {
    std::vector<TreeFacts> facts;
    for (const Node& node : graph.nodes) {
        if (!trees::is_tree_operator(node.op)) continue;
        const trees::Ensemble ensemble = trees::ensemble_of(node);
        std::unordered_set<std::int32_t> features;
        std::int64_t leaves = 0;
        for (const trees::TreeNode& tree_node : ensemble.nodes) {
            leaves += tree_node.is_leaf() ? 1 : 0;
            if (!tree_node.is_leaf()) features.insert(tree_node.feature);
        }
        facts.push_back({.node = node.name,
                         .op = node.op,
                         .trees = std::ssize(ensemble.roots),
                         .nodes = std::ssize(ensemble.nodes),
                         .leaves = leaves,
                         .deepest = depth_of(ensemble),
                         .features = std::ssize(features),
                         .outputs = ensemble.outputs,
                         .modes = modes_of(ensemble)});
    }
    return facts;
}

std::string to_text(const std::vector<TreeFacts>& facts, std::size_t width) {
    std::string text;
    for (const TreeFacts& fact : facts) {
        text += wrapped(
            fmt::format("{}: {} trees, {} nodes ({} leaves), at most {} tests deep, {} columns read, {} "
                        "outputs, tests {}",
                        fact.node.empty() ? fact.op : fact.node, with_commas(fact.trees),
                        with_commas(fact.nodes), with_commas(fact.leaves), fact.deepest,
                        with_commas(fact.features), with_commas(fact.outputs), fact.modes),
            width, 2);
    }
    return text;
}

nlohmann::ordered_json to_json(const std::vector<TreeFacts>& facts) {
    auto json = nlohmann::ordered_json::array();
    for (const TreeFacts& fact : facts) {
        json.push_back({{"node", fact.node},
                        {"op", fact.op},
                        {"trees", fact.trees},
                        {"nodes", fact.nodes},
                        {"leaves", fact.leaves},
                        {"deepest", fact.deepest},
                        {"features", fact.features},
                        {"outputs", fact.outputs},
                        {"modes", fact.modes}});
    }
    return json;
}

}  // namespace espalier::experiment
