// TreeEnsemble: inner nodes in one list, leaves of one weight in another.
#include <algorithm>
#include <cmath>
#include <limits>

#include "graph/trees/decode.h"

namespace espalier::trees {
namespace {

constexpr std::size_t kModeCount = 7;

std::vector<std::uint8_t> modes_of(const Node& node) {
    const auto found = node.attributes.find("nodes_modes");
    const auto* tensor = found == node.attributes.end() ? nullptr : std::get_if<Tensor>(&found->second);
    if (tensor == nullptr || tensor->dtype() != DType::u8 || tensor->rank() != 1)
        fail(node, "nodes_modes is no list of u8");
    const auto modes = tensor->as<std::uint8_t>();
    for (const std::uint8_t mode : modes) {
        if (mode >= kModeCount) fail(node, fmt::format("mode {} is not known", mode));
    }
    return {modes.begin(), modes.end()};
}

/// Lists of values with NaN behind each but the last, which may have none.
std::vector<std::vector<double>> sets_of(const std::vector<double>& values) {
    std::vector<std::vector<double>> sets;
    bool open = false;
    for (const double value : values) {
        if (!open) sets.emplace_back();
        open = !std::isnan(value);
        if (open) sets.back().push_back(value);
    }
    return sets;
}

DType dtype_of_attribute(const Node& node, const char* key) {
    const auto found = node.attributes.find(key);
    const auto* tensor = found == node.attributes.end() ? nullptr : std::get_if<Tensor>(&found->second);
    return tensor == nullptr ? DType::f32 : tensor->dtype();
}

Tensor numbers_as(const std::vector<double>& values, bool doubles) {
    const Shape shape = {static_cast<std::int64_t>(values.size())};
    if (doubles) return Tensor::of<double>(shape, values);
    return Tensor::of<float>(shape, std::vector<float>(values.begin(), values.end()));
}

std::int32_t child_of(const Node& node, std::int64_t id, std::int64_t is_leaf, std::size_t inner,
                      std::size_t leaves) {
    const std::size_t count = is_leaf != 0 ? leaves : inner;
    if (id < 0 || static_cast<std::uint64_t>(id) >= count)
        fail(node, fmt::format("a child is {} {}, of {}", is_leaf != 0 ? "leaf" : "node", id, count));
    return static_cast<std::int32_t>(static_cast<std::size_t>(id) + (is_leaf != 0 ? inner : 0));
}

struct FlatAttributes {
    std::vector<std::int64_t> features, yes, no, yes_leaf, no_leaf, missing, roots, targets;
    std::vector<std::uint8_t> modes;
    std::vector<double> splits, members, weights;
};

class Flattener {
  public:
    explicit Flattener(const Ensemble& ensemble) : ensemble_(ensemble), place_(ensemble.nodes.size(), -1) {
        for (std::size_t i = 0; i < ensemble.nodes.size(); ++i) place(i);
    }

    FlatAttributes attributes() {
        for (const TreeNode& node : ensemble_.nodes) {
            if (!node.is_leaf()) add(node, node.yes, node.no);
        }
        for (const std::int32_t root : ensemble_.roots) add_root(root);
        return std::move(to_);
    }

  private:
    void place(std::size_t index) {
        const TreeNode& node = ensemble_.nodes[index];
        if (!node.is_leaf()) {
            place_[index] = inner_++;
            return;
        }
        place_[index] = static_cast<std::int64_t>(to_.targets.size());
        const LeafWeight& weight = ensemble_.weights[static_cast<std::size_t>(node.yes)];
        to_.targets.push_back(weight.output);
        to_.weights.push_back(weight.value);
    }

    void add(const TreeNode& node, std::int32_t yes, std::int32_t no) {
        const bool member = node.branch == Branch::member;
        to_.features.push_back(node.feature);
        to_.modes.push_back(static_cast<std::uint8_t>(node.branch));
        to_.splits.push_back(member ? 0 : node.threshold);
        to_.missing.push_back(node.missing_yes ? 1 : 0);
        to_.yes.push_back(place_[static_cast<std::size_t>(yes)]);
        to_.no.push_back(place_[static_cast<std::size_t>(no)]);
        to_.yes_leaf.push_back(ensemble_.nodes[static_cast<std::size_t>(yes)].is_leaf() ? 1 : 0);
        to_.no_leaf.push_back(ensemble_.nodes[static_cast<std::size_t>(no)].is_leaf() ? 1 : 0);
        if (!member) return;
        const auto& set = ensemble_.sets[static_cast<std::size_t>(node.threshold)];
        to_.members.insert(to_.members.end(), set.begin(), set.end());
        to_.members.push_back(std::numeric_limits<double>::quiet_NaN());
    }

    /// A tree that is a leaf is a test with that leaf on both sides.
    void add_root(std::int32_t root) {
        if (!ensemble_.nodes[static_cast<std::size_t>(root)].is_leaf()) {
            to_.roots.push_back(place_[static_cast<std::size_t>(root)]);
            return;
        }
        to_.roots.push_back(static_cast<std::int64_t>(to_.features.size()));
        TreeNode test;
        test.branch = Branch::less_equal;
        add(test, root, root);
    }

    const Ensemble& ensemble_;
    std::vector<std::int64_t> place_;  // of inner nodes among them, of leaves among them
    std::int64_t inner_ = 0;
    FlatAttributes to_;
};

}  // namespace

Ensemble decode_flat(const Node& node) {
    Ensemble ensemble;
    const auto& roots = integers(node, "tree_roots");
    const auto& features = integers(node, "nodes_featureids");
    const auto& yes = integers(node, "nodes_truenodeids");
    const auto& no = integers(node, "nodes_falsenodeids");
    const auto& yes_leaf = integers(node, "nodes_trueleafs");
    const auto& no_leaf = integers(node, "nodes_falseleafs");
    const auto& missing = integers(node, "nodes_missing_value_tracks_true");
    const auto& targets = integers(node, "leaf_targetids");
    const std::vector<double> splits = real_numbers(node, "nodes_splits");
    const std::vector<double> weights = real_numbers(node, "leaf_weights");
    const std::vector<std::uint8_t> modes = modes_of(node);
    const std::size_t inner = features.size();
    for (const std::size_t size : {yes.size(), no.size(), yes_leaf.size(), no_leaf.size(), splits.size(),
                                   modes.size(), missing.empty() ? inner : missing.size()}) {
        if (size != inner) fail(node, fmt::format("attributes of {} nodes have {} elements", inner, size));
    }
    if (targets.size() != weights.size())
        fail(node, fmt::format("{} leaf_targetids for {} leaf_weights", targets.size(), weights.size()));
    if (inner + targets.size() > kMostNodes) fail(node, fmt::format("{} tree nodes", inner + targets.size()));
    ensemble.doubles = dtype_of_attribute(node, "nodes_splits") == DType::f64;
    ensemble.outputs = node.attribute_int("n_targets", 1);
    if (ensemble.outputs < 1 || ensemble.outputs > std::numeric_limits<std::int32_t>::max())
        fail(node, fmt::format("n_targets={}", ensemble.outputs));
    const std::int64_t aggregate = node.attribute_int("aggregate_function", 1);
    const std::int64_t post = node.attribute_int("post_transform", 0);
    if (aggregate < 0 || aggregate > 3) fail(node, fmt::format("aggregate_function={}", aggregate));
    if (post < 0 || post > 4) fail(node, fmt::format("post_transform={}", post));
    ensemble.aggregate = static_cast<Aggregate>(aggregate);
    ensemble.post = static_cast<PostTransform>(post);
    ensemble.sets = sets_of(real_numbers(node, "membership_values"));
    std::size_t sets = 0;
    ensemble.nodes.resize(inner + targets.size());
    for (std::size_t i = 0; i < inner; ++i) {
        TreeNode& made = ensemble.nodes[i];
        if (features[i] < 0 || features[i] > std::numeric_limits<std::int32_t>::max() - 1)
            fail(node, fmt::format("tree node {} tests feature {}", i, features[i]));
        made.branch = static_cast<Branch>(modes[i]);
        made.threshold = made.branch == Branch::member ? static_cast<double>(sets++) : splits[i];
        made.feature = static_cast<std::int32_t>(features[i]);
        made.yes = child_of(node, yes[i], yes_leaf[i], inner, targets.size());
        made.no = child_of(node, no[i], no_leaf[i], inner, targets.size());
        made.missing_yes = !missing.empty() && missing[i] != 0;
    }
    if (sets != ensemble.sets.size())
        fail(node, fmt::format("{} sets of membership_values for {} nodes", ensemble.sets.size(), sets));
    for (std::size_t i = 0; i < targets.size(); ++i) {
        if (targets[i] < 0 || targets[i] >= ensemble.outputs)
            fail(node, fmt::format("a leaf scores output {}, of {}", targets[i], ensemble.outputs));
        TreeNode& leaf = ensemble.nodes[inner + i];
        leaf.yes = static_cast<std::int32_t>(i);
        leaf.no = leaf.yes + 1;
        ensemble.weights.push_back({static_cast<std::int32_t>(targets[i]), weights[i]});
    }
    if (roots.empty()) fail(node, "it has no trees");
    for (const std::int64_t root : roots)
        ensemble.roots.push_back(child_of(node, root, 0, inner, targets.size()));
    return ensemble;
}

void encode_flat(Node& node, const Ensemble& ensemble) {
    for (const TreeNode& tree_node : ensemble.nodes) {
        if (tree_node.is_leaf() && tree_node.no != tree_node.yes + 1)
            throw Unsupported(fmt::format("{}: a leaf of TreeEnsemble has one weight, not {}", describe(node),
                                          tree_node.no - tree_node.yes));
    }
    if (!ensemble.base.empty())
        throw Unsupported(fmt::format("{}: TreeEnsemble has no base values", describe(node)));
    FlatAttributes flat = Flattener(ensemble).attributes();
    auto& to = node.attributes;
    to.erase("nodes_hitrates");
    const auto count = static_cast<std::int64_t>(flat.modes.size());
    to["nodes_modes"] = Tensor::of<std::uint8_t>({count}, flat.modes);
    to["nodes_featureids"] = std::move(flat.features);
    to["nodes_truenodeids"] = std::move(flat.yes);
    to["nodes_falsenodeids"] = std::move(flat.no);
    to["nodes_trueleafs"] = std::move(flat.yes_leaf);
    to["nodes_falseleafs"] = std::move(flat.no_leaf);
    to["nodes_missing_value_tracks_true"] = std::move(flat.missing);
    to["nodes_splits"] = numbers_as(flat.splits, ensemble.doubles);
    to["leaf_targetids"] = std::move(flat.targets);
    to["leaf_weights"] = numbers_as(flat.weights, ensemble.doubles);
    to["tree_roots"] = std::move(flat.roots);
    to["n_targets"] = ensemble.outputs;
    to["aggregate_function"] = static_cast<std::int64_t>(ensemble.aggregate);
    to["post_transform"] = static_cast<std::int64_t>(ensemble.post);
    to.erase("membership_values");
    if (!flat.members.empty()) to["membership_values"] = numbers_as(flat.members, ensemble.doubles);
}

}  // namespace espalier::trees
