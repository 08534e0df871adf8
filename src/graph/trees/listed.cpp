// TreeEnsembleClassifier and TreeEnsembleRegressor: lists of nodes that have an id within a tree, and of
// weights that name their leaf.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "graph/trees/decode.h"

namespace espalier::trees {
namespace {

constexpr std::string_view kModes[] = {"BRANCH_LEQ", "BRANCH_LT",  "BRANCH_GTE",    "BRANCH_GT",
                                       "BRANCH_EQ",  "BRANCH_NEQ", "BRANCH_MEMBER", "LEAF"};
constexpr std::string_view kAggregates[] = {"AVERAGE", "SUM", "MIN", "MAX"};
constexpr std::string_view kPosts[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};

template <class Enum, std::size_t N>
Enum named(const Node& node, const char* key, const std::string_view (&names)[N], const std::string& name) {
    const auto* found = std::ranges::find(names, name);
    if (found == std::end(names)) fail(node, fmt::format("{} \"{}\" is not known", key, name));
    return static_cast<Enum>(found - names);
}

/// Where the node with an id of a tree stands in the lists. Ids that count 0, 1, 2, ... in every tree are
/// found by its first place.
class Places {
  public:
    Places(const Node& node, const std::vector<std::int64_t>& trees, const std::vector<std::int64_t>& ids)
        : node_(node) {
        bool in_order = true;
        Range* range = nullptr;
        for (std::size_t i = 0; i < ids.size() && in_order; ++i) {
            if (i == 0 || trees[i] != trees[i - 1]) {
                const auto [tree, first] = first_.emplace(trees[i], Range{i, i});
                in_order = first;
                range = &tree->second;
            }
            in_order = in_order && ids[i] == static_cast<std::int64_t>(i - range->first);
            range->last = i + 1;
        }
        if (in_order) return;
        first_.clear();
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (!any_[trees[i]].emplace(ids[i], i).second)
                fail(node, fmt::format("node {} of tree {} is given twice", ids[i], trees[i]));
        }
    }

    std::int32_t find(std::int64_t tree, std::int64_t id, const char* what) {
        if (!any_.empty()) {
            const auto in_tree = any_.find(tree);
            if (in_tree != any_.end()) {
                const auto found = in_tree->second.find(id);
                if (found != in_tree->second.end()) return static_cast<std::int32_t>(found->second);
            }
        } else {
            if (tree != last_tree_ || !known_) {
                const auto found = first_.find(tree);
                known_ = found != first_.end();
                if (known_) last_ = found->second;
                last_tree_ = tree;
            }
            if (known_ && id >= 0 && static_cast<std::uint64_t>(id) < last_.last - last_.first)
                return static_cast<std::int32_t>(last_.first + static_cast<std::size_t>(id));
        }
        fail(node_, fmt::format("{} is node {} of tree {}, which is not there", what, id, tree));
    }

  private:
    struct Range {
        std::size_t first, last;
    };
    const Node& node_;
    std::unordered_map<std::int64_t, Range> first_;
    std::unordered_map<std::int64_t, std::unordered_map<std::int64_t, std::size_t>> any_;
    std::int64_t last_tree_ = 0;
    Range last_{0, 0};
    bool known_ = false;
};

void require_length(const Node& node, const char* key, std::size_t got, std::size_t expected) {
    if (got != expected)
        fail(node, fmt::format("attribute \"{}\" has {} elements, expected {}", key, got, expected));
}

void read_nodes(const Node& node, Ensemble& ensemble, Places& places) {
    const auto& trees = integers(node, "nodes_treeids");
    const auto& features = integers(node, "nodes_featureids");
    const auto& yes = integers(node, "nodes_truenodeids");
    const auto& no = integers(node, "nodes_falsenodeids");
    const auto& missing = integers(node, "nodes_missing_value_tracks_true");
    const auto found = node.attributes.find("nodes_modes");
    const auto* modes =
        found == node.attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
    const std::size_t count = trees.size();
    const RealList values = numbers(node, "nodes_values", ensemble.doubles);
    if (modes == nullptr) fail(node, "it has no nodes_modes");
    require_length(node, "nodes_modes", modes->size(), count);
    require_length(node, "nodes_featureids", features.size(), count);
    require_length(node, "nodes_truenodeids", yes.size(), count);
    require_length(node, "nodes_falsenodeids", no.size(), count);
    require_length(node, "nodes_values", values.size(), count);
    if (!missing.empty()) require_length(node, "nodes_missing_value_tracks_true", missing.size(), count);
    ensemble.nodes.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        TreeNode& made = ensemble.nodes[i];
        made.branch = named<Branch>(node, "mode", kModes, (*modes)[i]);
        if (made.is_leaf()) continue;
        if (made.branch == Branch::member) fail(node, "BRANCH_MEMBER is of TreeEnsemble alone");
        if (features[i] < 0 || features[i] > std::numeric_limits<std::int32_t>::max() - 1)
            fail(node, fmt::format("tree node {} tests feature {}", i, features[i]));
        made.threshold = values[i];
        made.feature = static_cast<std::int32_t>(features[i]);
        made.yes = places.find(trees[i], yes[i], "a child");
        made.no = places.find(trees[i], no[i], "a child");
        made.missing_yes = !missing.empty() && missing[i] != 0;
    }
}

/// The nodes that are no child, one in each tree, in their order.
void find_roots(const Node& node, Ensemble& ensemble) {
    const auto& trees = integers(node, "nodes_treeids");
    std::vector<bool> is_child(ensemble.nodes.size(), false);
    for (const TreeNode& tree_node : ensemble.nodes) {
        if (tree_node.is_leaf()) continue;
        is_child[static_cast<std::size_t>(tree_node.yes)] = true;
        is_child[static_cast<std::size_t>(tree_node.no)] = true;
    }
    std::unordered_map<std::int64_t, bool> has_root;
    auto tree = has_root.end();
    for (std::size_t i = 0; i < ensemble.nodes.size(); ++i) {
        if (i == 0 || trees[i] != trees[i - 1]) tree = has_root.emplace(trees[i], false).first;
        if (is_child[i]) continue;
        if (tree->second)
            fail(node, fmt::format("tree node {} of tree {} cannot be reached from its root", i, trees[i]));
        tree->second = true;
        ensemble.roots.push_back(static_cast<std::int32_t>(i));
    }
    for (const auto& [id, rooted] : has_root) {
        if (!rooted) fail(node, fmt::format("tree {} has no root: its nodes form a cycle", id));
    }
}

/// Weights are listed in any order; those of a leaf keep theirs.
void read_weights(const Node& node, Ensemble& ensemble, Places& places, const std::string& prefix) {
    const auto& trees = integers(node, (prefix + "_treeids").c_str());
    const auto& ids = integers(node, (prefix + "_nodeids").c_str());
    const auto& outputs = integers(node, (prefix + "_ids").c_str());
    const RealList values = numbers(node, prefix + "_weights", ensemble.doubles);
    require_length(node, (prefix + "_nodeids").c_str(), ids.size(), trees.size());
    require_length(node, (prefix + "_ids").c_str(), outputs.size(), trees.size());
    require_length(node, (prefix + "_weights").c_str(), values.size(), trees.size());
    std::vector<std::int32_t> leaf_of(trees.size());
    std::vector<std::int32_t> ends(ensemble.nodes.size() + 1, 0);
    for (std::size_t i = 0; i < trees.size(); ++i) {
        leaf_of[i] = places.find(trees[i], ids[i], "the leaf of a weight");
        if (!ensemble.nodes[static_cast<std::size_t>(leaf_of[i])].is_leaf())
            fail(node, fmt::format("node {} of tree {} has a weight, and is no leaf", ids[i], trees[i]));
        if (outputs[i] < 0 || outputs[i] >= ensemble.outputs)
            fail(node, fmt::format("a leaf scores output {}, of {}", outputs[i], ensemble.outputs));
        ++ends[static_cast<std::size_t>(leaf_of[i]) + 1];
    }
    for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
    for (std::size_t i = 0; i < ensemble.nodes.size(); ++i) {
        TreeNode& leaf = ensemble.nodes[i];
        if (leaf.is_leaf()) leaf.yes = leaf.no = ends[i];
    }
    ensemble.weights.resize(trees.size());
    for (std::size_t i = 0; i < trees.size(); ++i) {
        TreeNode& leaf = ensemble.nodes[static_cast<std::size_t>(leaf_of[i])];
        ensemble.weights[static_cast<std::size_t>(leaf.no++)] = {static_cast<std::int32_t>(outputs[i]),
                                                                 values[i]};
    }
}

void read_labels(const Node& node, Ensemble& ensemble) {
    const auto& numbers_of_classes = integers(node, "classlabels_int64s");
    const auto strings = node.attributes.find("classlabels_strings");
    std::size_t names = 0;
    if (strings != node.attributes.end()) {
        if (const auto* texts = std::get_if<std::vector<std::string>>(&strings->second))
            names = texts->size();
    }
    if (numbers_of_classes.empty() == (names == 0))
        fail(node, "expected one of classlabels_int64s and classlabels_strings");
    ensemble.labels = numbers_of_classes;
    for (std::size_t i = 0; i < names; ++i) ensemble.labels.push_back(static_cast<std::int64_t>(i));
    ensemble.outputs = static_cast<std::int64_t>(ensemble.labels.size());
    ensemble.classifies = true;
    if (ensemble.outputs < 2)
        throw Unsupported(fmt::format("{}: a classifier of one class is not supported", describe(node)));
}

/// What the file says in numbers of either size.
void set_numbers(Node& node, const std::string& key, const std::vector<double>& values, bool doubles) {
    node.attributes.erase(key);
    node.attributes.erase(key + "_as_tensor");
    if (values.empty()) return;
    if (doubles) {
        node.attributes[key + "_as_tensor"] =
            Tensor::of<double>({static_cast<std::int64_t>(values.size())}, values);
    } else {
        node.attributes[key] = std::vector<float>(values.begin(), values.end());
    }
}

/// The attributes of the nodes, tree by tree in preorder; a node with two parents comes once.
struct Listing {
    std::vector<std::int64_t> trees, ids, features, yes, no, missing;
    std::vector<std::string> modes;
    std::vector<double> values;
    std::vector<std::int64_t> weight_trees, weight_ids, outputs;
    std::vector<double> weights;

    void add_tree(const Ensemble& ensemble, std::int64_t tree) {
        const std::int32_t root = ensemble.roots[static_cast<std::size_t>(tree)];
        std::unordered_map<std::int32_t, std::int64_t> id_of;
        std::vector<std::int32_t> order;
        std::vector<std::int32_t> open = {root};
        while (!open.empty()) {
            const std::int32_t at = open.back();
            open.pop_back();
            if (!id_of.emplace(at, static_cast<std::int64_t>(order.size())).second) continue;
            order.push_back(at);
            const TreeNode& node = ensemble.nodes[static_cast<std::size_t>(at)];
            if (node.is_leaf()) continue;
            open.push_back(node.no);
            open.push_back(node.yes);
        }
        for (const std::int32_t at : order) {
            const TreeNode& node = ensemble.nodes[static_cast<std::size_t>(at)];
            const bool leaf = node.is_leaf();
            trees.push_back(tree);
            ids.push_back(id_of.at(at));
            features.push_back(leaf ? 0 : node.feature);
            yes.push_back(leaf ? 0 : id_of.at(node.yes));
            no.push_back(leaf ? 0 : id_of.at(node.no));
            missing.push_back(node.missing_yes ? 1 : 0);
            modes.emplace_back(kModes[static_cast<std::size_t>(node.branch)]);
            values.push_back(leaf ? 0 : node.threshold);
            for (std::int32_t w = node.yes; leaf && w < node.no; ++w) {
                const LeafWeight& weight = ensemble.weights[static_cast<std::size_t>(w)];
                weight_trees.push_back(tree);
                weight_ids.push_back(id_of.at(at));
                outputs.push_back(weight.output);
                weights.push_back(weight.value);
            }
        }
    }
};

}  // namespace

Ensemble decode_listed(const Node& node) {
    Ensemble ensemble;
    const bool classifies = node.op == "TreeEnsembleClassifier";
    if (classifies) {
        read_labels(node, ensemble);
    } else {
        ensemble.outputs = node.attribute_int("n_targets", 0);
        if (ensemble.outputs < 1 || ensemble.outputs > std::numeric_limits<std::int32_t>::max())
            fail(node, fmt::format("n_targets={}", ensemble.outputs));
        ensemble.aggregate = named<Aggregate>(node, "aggregate_function", kAggregates,
                                              node.attribute_string("aggregate_function", "SUM"));
    }
    ensemble.post =
        named<PostTransform>(node, "post_transform", kPosts, node.attribute_string("post_transform", "NONE"));
    ensemble.base = numbers(node, "base_values", ensemble.doubles).copy();
    const auto& trees = integers(node, "nodes_treeids");
    const auto& ids = integers(node, "nodes_nodeids");
    if (trees.empty()) fail(node, "it has no trees");
    if (trees.size() > kMostNodes) fail(node, fmt::format("{} tree nodes", trees.size()));
    require_length(node, "nodes_nodeids", ids.size(), trees.size());
    Places places(node, trees, ids);
    read_nodes(node, ensemble, places);
    find_roots(node, ensemble);
    read_weights(node, ensemble, places, classifies ? "class" : "target");
    return ensemble;
}

void encode_listed(Node& node, const Ensemble& ensemble) {
    Listing listing;
    for (std::size_t tree = 0; tree < ensemble.roots.size(); ++tree)
        listing.add_tree(ensemble, static_cast<std::int64_t>(tree));
    const std::string prefix = ensemble.classifies ? "class" : "target";
    auto& to = node.attributes;
    to.erase("nodes_hitrates");
    to.erase("nodes_hitrates_as_tensor");
    to["nodes_treeids"] = std::move(listing.trees);
    to["nodes_nodeids"] = std::move(listing.ids);
    to["nodes_featureids"] = std::move(listing.features);
    to["nodes_truenodeids"] = std::move(listing.yes);
    to["nodes_falsenodeids"] = std::move(listing.no);
    to["nodes_missing_value_tracks_true"] = std::move(listing.missing);
    to["nodes_modes"] = std::move(listing.modes);
    to[prefix + "_treeids"] = std::move(listing.weight_trees);
    to[prefix + "_nodeids"] = std::move(listing.weight_ids);
    to[prefix + "_ids"] = std::move(listing.outputs);
    set_numbers(node, "nodes_values", listing.values, ensemble.doubles);
    set_numbers(node, prefix + "_weights", listing.weights, ensemble.doubles);
    set_numbers(node, "base_values", ensemble.base, ensemble.doubles);
    if (!ensemble.classifies)
        to["aggregate_function"] = std::string(kAggregates[static_cast<std::size_t>(ensemble.aggregate)]);
    to["post_transform"] = std::string(kPosts[static_cast<std::size_t>(ensemble.post)]);
}

}  // namespace espalier::trees
