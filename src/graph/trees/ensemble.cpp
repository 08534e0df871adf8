#include "graph/trees/ensemble.h"

#include <algorithm>
#include <cmath>

#include "graph/trees/decode.h"

namespace espalier::trees {
namespace {

/// Walks one tree and marks its nodes. A node below itself is a cycle; one with two parents is shared.
void walk(const Node& node, const Ensemble& ensemble, std::int32_t root, std::vector<std::uint8_t>& seen) {
    constexpr std::uint8_t kOnTheWay = 1;
    constexpr std::uint8_t kDone = 2;
    std::vector<std::int32_t> way = {root};
    while (!way.empty()) {
        const std::int32_t at = way.back();
        const TreeNode& here = ensemble.nodes[static_cast<std::size_t>(at)];
        std::uint8_t& mark = seen[static_cast<std::size_t>(at)];
        if (mark != 0) {  // both children are done, or it was done from elsewhere
            mark = kDone;
            way.pop_back();
            continue;
        }
        mark = here.is_leaf() ? kDone : kOnTheWay;
        if (here.is_leaf()) {
            way.pop_back();
            continue;
        }
        for (const std::int32_t child : {here.no, here.yes}) {
            const std::uint8_t state = seen[static_cast<std::size_t>(child)];
            if (state == kOnTheWay) fail(node, "its trees have a cycle");
            if (state == 0) way.push_back(child);
        }
    }
}

void check_node(const Node& node, const Ensemble& ensemble, const TreeNode& tree_node, std::size_t index) {
    if (tree_node.is_leaf()) {
        if (tree_node.yes >= tree_node.no) fail(node, fmt::format("leaf {} has no weight", index));
        return;
    }
    const auto count = static_cast<std::int64_t>(ensemble.nodes.size());
    for (const std::int32_t child : {tree_node.yes, tree_node.no}) {
        if (child < 0 || child >= count)
            fail(node, fmt::format("tree node {} has child {}, of {} nodes", index, child, count));
    }
    if (tree_node.feature < 0)
        fail(node, fmt::format("tree node {} tests feature {}", index, tree_node.feature));
    if (std::isnan(tree_node.threshold)) fail(node, fmt::format("tree node {} has threshold NaN", index));
}

}  // namespace

void check_structure(const Node& node, const Ensemble& ensemble) {
    for (std::size_t i = 0; i < ensemble.nodes.size(); ++i) check_node(node, ensemble, ensemble.nodes[i], i);
    for (const LeafWeight& weight : ensemble.weights) {
        if (weight.output < 0 || weight.output >= ensemble.outputs)
            fail(node, fmt::format("a leaf scores output {}, of {}", weight.output, ensemble.outputs));
    }
    std::vector<std::uint8_t> seen(ensemble.nodes.size(), 0);
    for (const std::int32_t root : ensemble.roots) {
        if (root < 0 || static_cast<std::size_t>(root) >= ensemble.nodes.size())
            fail(node, fmt::format("a tree has root {}, of {} nodes", root, ensemble.nodes.size()));
        walk(node, ensemble, root, seen);
    }
    const auto missed = std::ranges::find(seen, 0);
    if (missed != seen.end())
        fail(node, fmt::format("tree node {} cannot be reached from a root", missed - seen.begin()));
    const std::size_t base = ensemble.base.size();
    if (base > 1 && base != static_cast<std::size_t>(ensemble.outputs))
        fail(node, fmt::format("{} base values for {} outputs", base, ensemble.outputs));
}

bool is_tree_operator(const std::string& op) {
    return op == "TreeEnsembleClassifier" || op == "TreeEnsembleRegressor" || op == "TreeEnsemble";
}

Ensemble ensemble_of(const Node& node) {
    Ensemble ensemble = node.op == "TreeEnsemble" ? decode_flat(node) : decode_listed(node);
    check_structure(node, ensemble);
    classify_leaves(ensemble);
    if (ensemble.binary && ensemble.post == PostTransform::probit && ensemble.weights.front().output == 0)
        throw Unsupported(fmt::format("{}: PROBIT of two classes by the score of the first is not supported",
                                      describe(node)));
    return ensemble;
}

void set_ensemble(Node& node, const Ensemble& ensemble) {
    node.op == "TreeEnsemble" ? encode_flat(node, ensemble) : encode_listed(node, ensemble);
}

std::int64_t features_read(const Ensemble& ensemble) {
    std::int64_t most = 0;
    for (const TreeNode& node : ensemble.nodes) {
        if (!node.is_leaf()) most = std::max<std::int64_t>(most, node.feature + std::int64_t{1});
    }
    return most;
}

void classify_leaves(Ensemble& ensemble) {
    if (!ensemble.classifies) return;
    bool one = true;
    bool positive = true;
    for (const LeafWeight& weight : ensemble.weights) {
        one = one && weight.output == ensemble.weights.front().output;
        positive = positive && !(weight.value < 0);
    }
    ensemble.binary = ensemble.outputs == 2 && one;
    ensemble.positive = positive;
}

}  // namespace espalier::trees
