#include "runtime/fusion/layer_norm_pattern.h"

#include <algorithm>

namespace espalier::runtime {
namespace {

const Tensor* constant(const std::string& value, const Graph& graph) {
    const auto found = graph.initializers.find(value);
    const bool fits = found != graph.initializers.end() && found->second.dtype() == DType::f32;
    return fits ? &found->second : nullptr;
}

bool is_number(const Tensor* tensor) { return tensor != nullptr && tensor->count() == 1; }

/// Walks from a value to the node that alone reads it.
class Walker {
  public:
    Walker(const Graph& graph, const Readers& readers) : graph_(graph), readers_(readers) {}

    /// The next node if it is this operator; null from the first step on that does not fit.
    const Node* step(std::string_view op) {
        const Node* node = at_.empty() ? nullptr : readers_.only(at_);
        if (node == nullptr || node->op != op) return fail();
        return go(*node);
    }
    /// The next node has a constant beside the value that leads to it.
    const Tensor* step_with_constant(std::string_view op) {
        const std::string from = at_;
        const Node* node = step(op);
        if (node == nullptr) return nullptr;
        const Tensor* other = constant(node->inputs[node->inputs[0] == from ? 1 : 0], graph_);
        if (other == nullptr) fail();
        return other;
    }
    const Node* go(const Node& node) {
        seen_.push_back(&node);
        at_ = node.outputs.front();
        return &node;
    }
    const Node* fail() {
        at_.clear();
        return nullptr;
    }

    const std::string& at() const { return at_; }
    const std::vector<const Node*>& seen() const { return seen_; }

  private:
    const Graph& graph_;
    const Readers& readers_;
    std::string at_;
    std::vector<const Node*> seen_;
};

bool over_last(const Node& mean, std::size_t rank) {
    const auto axes = mean.attribute_ints("axes", {});
    return axes.size() == 1 && (axes[0] == -1 || axes[0] == static_cast<std::int64_t>(rank) - 1) &&
           mean.attribute_int("keepdims", 1) == 1;
}

/// The square of the value: by Pow, or by Mul with itself.
const Node* square(const std::string& value, const std::vector<const Node*>& readers, const Graph& graph) {
    for (const Node* node : readers) {
        if (node->op == "Mul" && node->inputs[0] == value && node->inputs[1] == value) return node;
        const Tensor* exponent = node->op == "Pow" ? constant(node->inputs[1], graph) : nullptr;
        if (is_number(exponent) && exponent->f32()[0] == 2 && node->inputs[0] == value) return node;
    }
    return nullptr;
}

bool is_row(const Tensor* tensor, const Dim& columns) {
    return tensor != nullptr && tensor->rank() == 1 && columns == Dim(tensor->shape()[0]);
}

}  // namespace

std::optional<LayerNormPattern> layer_normalization(const Node& first, const Graph& graph,
                                                    const std::map<std::string, ValueType>& types,
                                                    const Readers& readers) {
    if (first.op != "ReduceMean" || types.at(first.inputs[0]).dtype != DType::f32) return {};
    const std::string& x = first.inputs[0];
    const Dims& dims = types.at(x).dims;
    if (dims.empty() || !over_last(first, dims.size())) return {};
    Walker walker(graph, readers);
    walker.go(first);
    const Node* distance = walker.step("Sub");
    if (distance == nullptr || distance->inputs[0] != x) return {};
    const std::string d = walker.at();
    const auto& both = readers.of(d);
    const Node* squares = square(d, both, graph);
    if (both.size() != 2 || squares == nullptr) return {};
    walker.go(*squares);
    const Node* variance = walker.step("ReduceMean");
    if (variance == nullptr || !over_last(*variance, dims.size())) return {};
    const Tensor* epsilon = walker.step_with_constant("Add");
    walker.step("Sqrt");
    const Node* quotient = walker.step("Div");
    if (quotient == nullptr || quotient->inputs[0] != d) return {};
    const Tensor* scale = walker.step_with_constant("Mul");
    const Node* scaled = walker.seen().back();
    const Tensor* bias = walker.step_with_constant("Add");
    if (!is_number(epsilon) || !is_row(scale, dims.back()) || !is_row(bias, dims.back())) return {};
    const Node& last = *walker.seen().back();
    const auto other = [](const Node& node, const Node& before) {
        return node.inputs[node.inputs[0] == before.outputs[0] ? 1 : 0];
    };
    LayerNormPattern found{.node = std::make_shared<const Node>(Node{
                               .name = last.name,
                               .op = "LayerNormalization",
                               .inputs = {x, other(*scaled, *quotient), other(last, *scaled)},
                               .outputs = last.outputs,
                               .attributes = {{"axis", std::int64_t{-1}}, {"epsilon", epsilon->f32()[0]}}}),
                           .others = walker.seen()};
    found.others.pop_back();
    return found;
}

}  // namespace espalier::runtime
