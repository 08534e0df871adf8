#include "runtime/fusion.h"

#include <algorithm>
#include <set>
#include <span>

#include "runtime/evaluated.h"

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
                            const std::map<std::string, const Node*>& readers, const Graph& graph) {
    const Lowering* lowering = lowerings().find(node.op);
    if (lowering == nullptr) return kEvaluated;
    const auto is_named = [](const std::string& output) { return !output.empty(); };
    const bool gives =
        lowering->all_outputs ? std::ranges::any_of(node.outputs, is_named) : is_named(node.outputs.front());
    if (!gives) return kEvaluated;
    for (const std::string& output : std::span(node.outputs).subspan(1)) {
        if (lowering->all_outputs) break;
        if (readers.contains(output) && !output.empty()) return kEvaluated;
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

std::vector<Group> fuse(const Graph& graph, const std::map<std::string, ValueType>& types) {
    const auto readers = only_readers(graph);
    const auto next_if = [&](const std::string& value, std::string_view op) -> const Node* {
        const auto found = readers.find(value);
        if (found == readers.end() || found->second == nullptr || found->second->op != op) return nullptr;
        return found->second;
    };
    std::vector<Group> groups;
    std::set<const Node*> fused;
    for (const Node& node : graph.nodes) {
        if (fused.contains(&node)) continue;
        const Lowering& lowering = lowering_of(node, types, readers, graph);
        Group group{.node = &node, .lowering = &lowering};
        if (lowering.fuses_add && is_constant_matrix(graph, node.inputs[1])) {
            const Node* add = next_if(group.output(), "Add");
            const Tensor* constant = add == nullptr ? nullptr : constant_operand(*add, graph);
            if (constant != nullptr && adds_per_column(*constant, types.at(group.output()).dims))
                group.add = add;
        }
        if (lowering.takes_batch_norm != nullptr && lowering.takes_batch_norm(node, graph)) {
            const Node* norm = next_if(group.output(), "BatchNormalization");
            if (norm != nullptr && is_constant_from(*norm, 1, graph)) group.norm = norm;
        }
        if (lowering.fuses_relu) group.relu = next_if(group.output(), "Relu");
        for (const Node* behind : {group.add, group.norm, group.relu}) fused.insert(behind);
        groups.push_back(group);
    }
    return groups;
}

}  // namespace espalier::runtime
