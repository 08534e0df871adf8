#include "runtime/fusion/fusion.h"

#include <algorithm>
#include <set>
#include <span>

#include "runtime/attention/attention_layer.h"
#include "runtime/execute/reference_step.h"

namespace espalier::runtime {
namespace {

/// Whether adding `constant` to a value of these dimensions adds one number a column and keeps its shape.
bool adds_per_column(const Tensor& constant, const Dims& dims) {
    if (dims.empty() || constant.rank() > dims.size() || !dims.back().is_fixed()) return false;
    const std::int64_t columns = dims.back().size();
    const bool last = constant.rank() > 0 && constant.shape().back() == columns;
    return constant.count() == 1 || (last && constant.count() == columns);
}

bool is_constant_matrix(const Graph& graph, const std::string& value) {
    const auto found = graph.initializers.find(value);
    return found != graph.initializers.end() && found->second.rank() == 2;
}

/// The operator's lowering if it can compute the node, which then gives only its first output. What a view
/// reads beside its first input says how to look at that.
const Lowering& lowering_of(const Node& node, const std::map<std::string, ValueType>& types,
                            const Readers& readers, const Graph& graph) {
    const Lowering* lowering = lowerings().find(node.op);
    if (lowering == nullptr) return kEvaluated;
    const auto is_named = [](const std::string& output) { return !output.empty(); };
    const bool gives =
        lowering->all_outputs ? std::ranges::any_of(node.outputs, is_named) : is_named(node.outputs.front());
    if (!gives) return kEvaluated;
    for (const std::string& output : std::span(node.outputs).subspan(1)) {
        if (lowering->all_outputs) break;
        if (!output.empty() && readers.any(output)) return kEvaluated;
    }
    if (lowering->takes != nullptr && !lowering->takes(node, types, graph)) return kEvaluated;
    if (lowering->view || lowering->any_types) return *lowering;
    const auto is_f32 = [&](const std::string& value) {
        return value.empty() || types.at(value).dtype == DType::f32;
    };
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const std::string& input = node.inputs[i];
        const bool fits =
            i < lowering->data_inputs ? is_f32(input) : input.empty() || graph.initializers.contains(input);
        if (!fits) return kEvaluated;
    }
    return is_f32(node.outputs.front()) ? *lowering : kEvaluated;
}

}  // namespace

const Tensor* constant_operand(const Node& add, const Graph& graph) {
    for (const std::string& input : add.inputs) {
        const auto found = graph.initializers.find(input);
        if (found != graph.initializers.end()) return &found->second;
    }
    return nullptr;
}

std::vector<std::string> Group::reads() const {
    std::vector<std::string> all;
    for (const std::string& input : node->inputs) {
        if (!input.empty()) all.push_back(input);
    }
    for (const PostNodes& each : behind) {
        if (!each.added.empty()) all.push_back(each.added);
    }
    return all;
}

std::vector<const Node*> Group::fused() const {
    std::vector<const Node*> all;
    if (layer_norm) all = layer_norm->others;
    if (integers) all = integers->others;
    if (attention) all = attention->others;
    for (const Node* node : {add, norm}) {
        if (node != nullptr) all.push_back(node);
    }
    for (const auto* some : {&linear, &behind}) {
        for (const PostNodes& each : *some) all.insert(all.end(), each.nodes.begin(), each.nodes.end());
    }
    return all;
}

std::vector<std::string> Group::absorbed(const Graph& graph) const {
    std::vector<std::string> values;
    const auto take = [&](const Node& taken) {
        values.push_back(taken.outputs.front());
        for (const std::string& input : taken.inputs) {
            if (graph.initializers.contains(input)) values.push_back(input);
        }
    };
    take(*node);
    for (const Node* taken : {add, norm}) {
        if (taken != nullptr) take(*taken);
    }
    for (const PostNodes& each : linear) {
        for (const Node* taken : each.nodes) take(*taken);
    }
    return values;
}

namespace {

/// Goes through the nodes in order, each with what can be computed behind it.
class Fuser {
  public:
    Fuser(const Graph& graph, const std::map<std::string, ValueType>& types, CompileLog& log,
          Precision precision)
        : graph_(graph),
          types_(types),
          log_(log),
          readers_(graph),
          following_(graph, types, readers_),
          integers_(integer_layers()),
          attention_(attention(precision)) {
        for (const Value& input : graph.inputs) known_.insert(input.name);
    }

    std::vector<Group> groups() {
        std::vector<Group> all;
        for (const Node& node : graph_.nodes) {  // what a layer of integers stands for may come before it
            const IntegerLayer* layer = integers_.at(node);
            if (layer == nullptr) continue;
            for (const Node* other : layer->others) {
                if (other != &node) fused_.insert(other);
            }
        }
        claim_attention();
        for (const Node& node : graph_.nodes) {
            if (fused_.contains(&node)) continue;
            if (const auto found = attention_.find(&node); found != attention_.end()) {
                all.push_back({.node = found->second.node.get(), .lowering = &kFusedAttention});
                all.back().attention = found->second;
                finish(all.back());
                continue;
            }
            if (const IntegerLayer* layer = integers_.at(node); layer != nullptr) {
                all.push_back(group_of(*layer->node, *layer->lowering));
                all.back().integers = *layer;
                finish(all.back());
                continue;
            }
            auto found = spelled_out(node);
            const Node& first = found ? *found->node : node;
            all.push_back(group_of(first, lowering_of(first, types_, readers_, graph_)));
            if (found) {
                fused_.insert(readers_.only(found->others.back()->outputs.front()));
                all.back().layer_norm = std::move(found);
            }
            finish(all.back());
        }
        return all;
    }

  private:
    IntegerLayers integer_layers() const {
        constexpr const char* kStep = "keep-integers";
        if (!log_.does(kStep)) return {};
        return log_.time(kStep, [&] { return IntegerLayers(graph_, types_, readers_, true); });
    }

    std::map<const Node*, AttentionPattern> attention(Precision precision) const {
        constexpr const char* kStep = "fuse-attention";
        if (!log_.does(kStep) || precision == Precision::bf16) return {};
        return log_.time(kStep, [&] { return attention_patterns(graph_, types_, readers_); });
    }

    /// Its nodes are nobody else's, in the order of the graph; those that a layer of integers has are not
    /// its, nor does it read what is inside of another one.
    void claim_attention() {
        std::set<const Node*> claimed;
        std::set<std::string> inside;
        const auto is_taken = [&](const Node* other) {
            return fused_.contains(other) || integers_.at(*other) != nullptr || claimed.contains(other);
        };
        std::erase_if(attention_, [&](const auto& entry) {
            const AttentionPattern& pattern = entry.second;
            const bool reads_inside = std::ranges::any_of(
                pattern.node->inputs, [&](const std::string& value) { return inside.contains(value); });
            if (reads_inside || std::ranges::any_of(pattern.others, is_taken)) return true;
            for (const Node* other : pattern.others) {
                claimed.insert(other);
                inside.insert(other->outputs.begin(), other->outputs.end());
            }
            for (const std::string& output : pattern.node->outputs) inside.erase(output);
            return false;
        });
        for (const auto& [product, pattern] : attention_) {
            for (const Node* other : pattern.others) {
                if (other != product) fused_.insert(other);
            }
        }
    }

    void finish(const Group& group) {
        for (const Node* behind : group.fused()) fused_.insert(behind);
        for (const std::string& output : group.node->outputs) known_.insert(output);
        known_.insert(group.output());
    }

    std::optional<LayerNormPattern> spelled_out(const Node& node) const {
        constexpr const char* kStep = "recognize-layer-norm";
        if (!log_.does(kStep)) return {};
        return log_.time(kStep, [&] { return layer_normalization(node, graph_, types_, readers_); });
    }

    Group group_of(const Node& node, const Lowering& lowering) const {
        Group group{.node = &node, .lowering = &lowering};
        if (log_.does("absorb-constants")) log_.time("absorb-constants", [&] { absorb(group); });
        if (log_.does("attach-post-operations"))
            log_.time("attach-post-operations", [&] { add_behind(group); });
        return group;
    }

    void absorb(Group& group) const {
        const Node& node = *group.node;
        const Lowering& lowering = *group.lowering;
        if (lowering.fuses_add && is_constant_matrix(graph_, node.inputs[1])) group.add = constant_add(node);
        if (lowering.takes_batch_norm != nullptr && lowering.takes_batch_norm(node, graph_)) {
            const Node* norm = readers_.only(group.output());
            if (norm != nullptr && norm->op == "BatchNormalization" && is_constant_from(*norm, 1, graph_))
                group.norm = norm;
            add_linear(group);
        }
    }

    const Node* constant_add(const Node& node) const {
        const std::string& value = node.outputs.front();
        const Node* add = readers_.only(value);
        if (add == nullptr || add->op != "Add") return nullptr;
        const Tensor* constant = constant_operand(*add, graph_);
        return constant != nullptr && adds_per_column(*constant, types_.at(value).dims) ? add : nullptr;
    }

    void add_linear(Group& group) const {
        while (auto found = following_.function(group.output())) {
            if (!is_linear(found->functions) || is_claimed(*found)) return;
            group.linear.push_back(std::move(*found));
        }
    }

    void add_behind(Group& group) const {
        if (group.lowering->fuses == Fuses::nothing) return;
        while (group.behind.size() < kMostBehind) {
            auto found = following_.function(group.output());
            if (!found && group.lowering->fuses == Fuses::everything)
                found = following_.sum(group.output(), known_);
            if (!found || is_claimed(*found)) return;
            group.behind.push_back(std::move(*found));
            if (are_possible(post_operations_of(group.behind, 0))) continue;
            group.behind.pop_back();
            return;
        }
    }

    /// By what reads values before these nodes.
    bool is_claimed(const PostNodes& behind) const {
        return std::ranges::any_of(behind.nodes, [&](const Node* node) { return fused_.contains(node); });
    }

    static constexpr std::size_t kMostBehind = 8;  // oneDNN takes 32 steps; a node may need two

    const Graph& graph_;
    const std::map<std::string, ValueType>& types_;
    CompileLog& log_;
    Readers readers_;
    PostNodeFinder following_;
    IntegerLayers integers_;
    std::map<const Node*, AttentionPattern> attention_;
    std::set<const Node*> fused_;
    std::set<std::string> known_;  // values that were computed before
};

}  // namespace

std::vector<Group> fuse(const Graph& graph, const std::map<std::string, ValueType>& types, CompileLog& log,
                        Precision precision) {
    return Fuser(graph, types, log, precision).groups();
}

}  // namespace espalier::runtime
