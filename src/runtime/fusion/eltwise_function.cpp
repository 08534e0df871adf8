#include "runtime/fusion/eltwise_function.h"

#include "runtime/lowering.h"

namespace espalier::runtime {
namespace {

/// The only element of a constant.
std::optional<float> number(const std::string& value, const Graph& graph) {
    const auto found = graph.initializers.find(value);
    if (found == graph.initializers.end() || found->second.dtype() != DType::f32) return {};
    if (found->second.count() != 1) return {};
    return found->second.f32()[0];
}

Function linear(float scale, float shift) { return {dnnl::algorithm::eltwise_linear, scale, shift}; }

}  // namespace

std::vector<Function> functions_of(const Node& node, const std::string& x, const Graph& graph) {
    const Lowering* lowering = lowerings().find(node.op);
    if (lowering == nullptr || lowering->functions == nullptr) return {};
    for (const std::string& input : node.inputs) {
        if (!input.empty() && input != x && !graph.initializers.contains(input)) return {};
    }
    return lowering->functions(node, graph);
}

std::vector<Function> linear_function(const Node& node, const Graph& graph) {
    const auto a = number(node.inputs[0], graph);
    const auto b = number(node.inputs[1], graph);
    if (a.has_value() == b.has_value()) return {};
    if (node.op == "Add") return {linear(1, a ? *a : *b)};
    if (node.op == "Mul") return {linear(a ? *a : *b, 0)};
    if (node.op == "Sub") return {a ? linear(-1, *a) : linear(1, -*b)};
    if (node.op == "Div" && b) return {linear(1 / *b, 0)};
    return {};
}

}  // namespace espalier::runtime
