#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "trees/grown/grown.h"

namespace espalier::trees {
namespace {

constexpr std::size_t kMostInAll = std::size_t{1} << 26U;
constexpr std::size_t kFew = 1'000'000;
constexpr std::size_t kMostCopies = 64;  // of a node, in the mean

struct Open {
    std::int32_t from;
    std::int32_t parent;
    bool yes;
};

}  // namespace

Ensemble without_sharing(const Ensemble& ensemble, std::size_t most_nodes) {
    if (most_nodes == 0) most_nodes = std::min(kMostInAll, kFew + kMostCopies * ensemble.nodes.size());
    Ensemble made = ensemble;
    made.nodes.clear();
    made.weights.clear();
    made.roots.clear();
    std::vector<Open> open;
    for (const std::int32_t root : ensemble.roots) {
        made.roots.push_back(static_cast<std::int32_t>(made.nodes.size()));
        open.push_back({root, -1, false});
        while (!open.empty()) {
            const Open next = open.back();
            open.pop_back();
            const auto place = static_cast<std::int32_t>(made.nodes.size());
            if (made.nodes.size() >= most_nodes)
                throw Unsupported(
                    fmt::format("the trees have more than {} nodes when none is shared", most_nodes));
            if (next.parent >= 0) {
                TreeNode& parent = made.nodes[static_cast<std::size_t>(next.parent)];
                (next.yes ? parent.yes : parent.no) = place;
            }
            TreeNode node = ensemble.nodes[static_cast<std::size_t>(next.from)];
            if (node.is_leaf()) {
                const auto first = static_cast<std::int32_t>(made.weights.size());
                for (std::int32_t w = node.yes; w < node.no; ++w)
                    made.weights.push_back(ensemble.weights[static_cast<std::size_t>(w)]);
                node.yes = first;
                node.no = static_cast<std::int32_t>(made.weights.size());
            } else {
                open.push_back({node.no, place, false});
                open.push_back({node.yes, place, true});
            }
            made.nodes.push_back(node);
        }
    }
    return made;
}

}  // namespace espalier::trees
