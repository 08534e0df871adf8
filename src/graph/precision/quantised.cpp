#include "graph/precision/quantised.h"

#include <algorithm>
#include <set>

#include "graph/analysis/readers.h"
#include "graph/computation/quantisation.h"
#include "graph/evaluation.h"
#include "graph/fresh_names.h"
#include "tensor/convert.h"

namespace espalier {
namespace {

std::string input_of(const Node& node, std::size_t index) {
    return index < node.inputs.size() ? node.inputs[index] : "";
}

bool is_known(const Graph& graph, const std::string& name) {
    return name.empty() || graph.initializers.contains(name);
}

/// DequantizeLinear of the weight, as which it can be computed.
Node dequantise(const QuantisedWeight& weight) {
    Node node{.name = weight.node->name,
              .op = "DequantizeLinear",
              .inputs = {weight.name, weight.scale},
              .outputs = {weight.real},
              .attributes = {}};
    if (!weight.zero.empty()) node.inputs.push_back(weight.zero);
    if (weight.node->op == "DequantizeLinear") {
        node.attributes = weight.node->attributes;
    } else {
        node.attributes["axis"] = std::int64_t{weight.node->op == "MatMulInteger" ? -1 : 0};
    }
    return node;
}

/// The Mul behind MatMulInteger and Cast, and the constant scale of the weight in it.
struct Scaled {
    const Node* mul = nullptr;
    std::string scale;
    bool sums = false;
};

std::optional<Scaled> scaled_behind(const Graph& graph, const Readers& readers, const Node& product,
                                    const Node& source) {
    const Node* cast = readers.only(product.outputs[0]);
    const bool sums = cast != nullptr && cast->op == "Add";
    if (sums) cast = readers.only(cast->outputs[0]);
    if (cast == nullptr || cast->op != "Cast") return {};
    const Node* mul = readers.only(cast->outputs[0]);
    if (mul == nullptr || mul->op != "Mul") return {};
    const std::string& other = mul->inputs[mul->inputs[0] == cast->outputs[0] ? 1 : 0];
    const Node* scales = maker_of(graph, other);
    if (scales == nullptr || scales->op != "Mul" || source.outputs.size() < 2) return {};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto constant = graph.initializers.find(scales->inputs[1 - i]);
        if (scales->inputs[i] == source.outputs[1] && constant != graph.initializers.end() &&
            constant->second.dtype() == DType::f32)
            return Scaled{.mul = mul, .scale = scales->inputs[1 - i], .sums = sums};
    }
    return {};
}

std::optional<QuantisedWeight> product_weight(const Graph& graph, const Readers& readers, const Node& node) {
    const Node* source = maker_of(graph, node.inputs[0]);
    if (source == nullptr || source->op != "DynamicQuantizeLinear" || node.inputs[0] != source->outputs[0])
        return {};
    // Bytes count from 0 where the product leaves their zero point out.
    const std::string zero = input_of(node, 2);
    if (zero.empty() || source->outputs.size() < 3 || zero != source->outputs[2]) return {};
    const auto scaled = scaled_behind(graph, readers, node, *source);
    if (!scaled || !is_known(graph, input_of(node, 3))) return {};
    return QuantisedWeight{.name = node.inputs[1],
                           .node = &node,
                           .scale = scaled->scale,
                           .zero = input_of(node, 3),
                           .real = scaled->mul->outputs[0],
                           .activation = source->inputs[0],
                           .sums = scaled->sums};
}

/// Integers behind a Cast to f32, times a constant: what some exporters write for a DequantizeLinear.
std::optional<QuantisedWeight> cast_weight(const Graph& graph, const Readers& readers, const Node& cast) {
    const auto tensor = graph.initializers.find(cast.inputs[0]);
    const Node* mul = readers.only(cast.outputs[0]);
    if (tensor == graph.initializers.end() || mul == nullptr || mul->op != "Mul") return {};
    const DType dtype = tensor->second.dtype();
    if ((dtype != DType::i8 && dtype != DType::u8) || cast.attribute_int("to", 0) != 1) return {};
    const std::string& other = mul->inputs[mul->inputs[0] == cast.outputs[0] ? 1 : 0];
    const auto scale = graph.initializers.find(other);
    if (scale == graph.initializers.end() || scale->second.dtype() != DType::f32) return {};
    if (scale->second.rank() > tensor->second.rank()) return {};
    for (std::size_t i = 1; i <= scale->second.rank(); ++i) {
        const std::int64_t size = scale->second.shape()[scale->second.rank() - i];
        if (size != 1 && size != tensor->second.shape()[tensor->second.rank() - i]) return {};
    }
    return QuantisedWeight{
        .name = tensor->first, .node = mul, .scale = other, .zero = "", .real = mul->outputs[0]};
}

/// Whether the scale of a product's weight is a number, or a vector with one for each output.
bool has_simple_scale(const Graph& graph, const QuantisedWeight& weight) {
    const Tensor& scale = graph.initializers.at(weight.scale);
    const Shape& shape = graph.initializers.at(weight.name).shape();
    const bool product = weight.node->op == "MatMulInteger";
    const std::int64_t outputs = product ? shape.back() : shape.front();
    if (!weight.zero.empty()) {
        const Tensor& zero = graph.initializers.at(weight.zero);
        if (zero.count() != 1 && zero.shape() != scale.shape()) return false;
        if (zero.count() == 1 && scale.count() != 1) return false;
    }
    return (scale.count() == 1 && scale.rank() <= 1) || (product && scale.shape() == Shape{outputs});
}

/// What a DynamicQuantizeLinear leaves of its input.
Node round_trip(const Graph& graph, const std::string& integers, FreshNames& names) {
    const Node& source = *maker_of(graph, integers);
    return {.name = source.name,
            .op = "DequantizeLinear",
            .inputs = source.outputs,
            .outputs = {names.fresh(integers + ".real")},
            .attributes = {}};
}

}  // namespace

std::vector<QuantisedWeight> quantised_weights(const Graph& graph) {
    std::vector<QuantisedWeight> found;
    const Readers readers(graph);
    std::set<std::string> seen;
    for (const Node& node : graph.nodes) {
        const bool plain = node.op == "DequantizeLinear";
        const bool product = node.op == "MatMulInteger" || node.op == "ConvInteger";
        if (!plain && !product && node.op != "Cast") continue;
        const auto tensor = graph.initializers.find(node.inputs[product ? 1 : 0]);
        if (tensor == graph.initializers.end() || tensor->second.rank() < 2) continue;
        if (readers.only(tensor->first) == nullptr) continue;
        std::optional<QuantisedWeight> weight;
        if (node.op == "Cast") {
            weight = cast_weight(graph, readers, node);
        } else if (product) {
            weight = product_weight(graph, readers, node);
            if (weight && !has_simple_scale(graph, *weight)) weight.reset();
        } else if (is_known(graph, node.inputs[1]) && is_known(graph, input_of(node, 2))) {
            weight = QuantisedWeight{.name = tensor->first,
                                     .node = &node,
                                     .scale = node.inputs[1],
                                     .zero = input_of(node, 2),
                                     .real = node.outputs[0]};
        }
        if (weight && seen.insert(weight->name).second) found.push_back(std::move(*weight));
    }
    return found;
}

Tensor real_values(const Graph& graph, const QuantisedWeight& weight) {
    if (weight.node->op == "Mul") {
        const Tensor wide = converted(graph.initializers.at(weight.name), DType::f32);
        const Tensor* factors[] = {&wide, &graph.initializers.at(weight.scale)};
        return evaluate(*weight.node, factors)[0];
    }
    const Node node = dequantise(weight);
    std::vector<const Tensor*> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(&graph.initializers.at(name));
    return converted(evaluate(node, inputs)[0], DType::f32);
}

void dequantise_weights(Graph& graph, bool rounds) {
    FreshNames fresh(graph);
    std::map<std::string, Node> rounded;  // DequantizeLinear by the integers
    std::map<std::string, Tensor> values;
    std::map<std::string, std::string> names;  // of weights by the value they are
    std::map<std::string, Node> instead;       // by the output of the node
    for (const QuantisedWeight& weight : quantised_weights(graph)) {
        if (rounds && weight.sums) continue;
        values.emplace(weight.name, real_values(graph, weight));
        if (weight.activation.empty()) {
            names[weight.real] = weight.name;
            continue;
        }
        const bool product = weight.node->op == "MatMulInteger";
        std::string activation = weight.activation;
        if (rounds) {
            const std::string& integers = weight.node->inputs[0];
            if (!rounded.contains(integers)) rounded[integers] = round_trip(graph, integers, fresh);
            activation = rounded[integers].outputs[0];
        }
        instead[weight.real] = {.name = weight.node->name,
                                .op = product ? "MatMul" : "Conv",
                                .inputs = {activation, weight.name},
                                .outputs = {weight.real},
                                .attributes = weight.node->attributes};
    }
    if (values.empty()) return;
    for (auto& [name, tensor] : values) graph.initializers.insert_or_assign(name, std::move(tensor));
    std::erase_if(graph.nodes, [&](const Node& node) {
        return (node.op == "DequantizeLinear" || node.op == "Mul") && names.contains(node.outputs[0]);
    });
    for (Node& node : graph.nodes) {
        if (const auto found = instead.find(node.outputs[0]); found != instead.end()) node = found->second;
        for (std::string& input : node.inputs) {
            if (const auto found = names.find(input); found != names.end()) input = found->second;
        }
    }
    for (const auto& entry : rounded) {
        const Node& node = entry.second;
        const auto source = std::ranges::find_if(
            graph.nodes, [&](const Node& one) { return one.outputs[0] == node.inputs[0]; });
        graph.nodes.insert(source + 1, node);
    }
    remove_unread_nodes(graph);
}

std::vector<std::int64_t> zero_points(const Graph& graph, const QuantisedWeight& weight) {
    const Tensor& integers = graph.initializers.at(weight.name);
    std::vector<std::int64_t> points(static_cast<std::size_t>(integers.count()), 0);
    if (weight.zero.empty()) return points;  // of a Cast, too
    const Tensor zero = converted(graph.initializers.at(weight.zero), DType::i64);
    const ScaleSpread spread =
        ScaleSpread::of(dequantise(weight), integers.shape(), graph.initializers.at(weight.scale).shape());
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto at = static_cast<std::size_t>(spread(static_cast<std::int64_t>(i)));
        points[i] = zero.as<std::int64_t>()[at];
    }
    return points;
}

}  // namespace espalier
