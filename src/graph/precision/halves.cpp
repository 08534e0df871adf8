#include "graph/precision/halves.h"

#include <algorithm>
#include <set>

#include "graph/analysis/readers.h"
#include "graph/fresh_names.h"
#include "tensor/convert.h"

namespace espalier {
namespace {

constexpr std::int64_t kF32 = 1;  // as ONNX numbers it
constexpr std::int64_t kF16 = 10;
constexpr std::int64_t kBf16 = 16;
constexpr std::string_view kTypeKeys[] = {"to", "dtype", "output_dtype"};

/// An attribute that names a type of halves.
bool names_half(const std::string& key, const Attribute& value) {
    const auto* number = std::get_if<std::int64_t>(&value);
    return number != nullptr && (*number == kF16 || *number == kBf16) &&
           std::ranges::find(kTypeKeys, key) != std::end(kTypeKeys);
}

bool has_halves(const Node& node) {
    return std::ranges::any_of(node.attributes, [](const auto& entry) {
        const auto* tensor = std::get_if<Tensor>(&entry.second);
        const auto* body = std::get_if<Subgraph>(&entry.second);
        return names_half(entry.first, entry.second) || (tensor != nullptr && is_half(tensor->dtype())) ||
               (body != nullptr && espalier::has_halves(body->graph()));
    });
}

void widen_values(std::vector<Value>& values) {
    for (Value& value : values) {
        if (is_half(value.type.dtype)) value.type.dtype = DType::f32;
    }
}

void widen_inside(Graph& graph);

void widen_node(Node& node) {
    for (auto& [key, value] : node.attributes) {
        if (names_half(key, value)) value = kF32;
        if (auto* tensor = std::get_if<Tensor>(&value); tensor != nullptr && is_half(tensor->dtype()))
            *tensor = converted(*tensor, DType::f32);
        if (const auto* body = std::get_if<Subgraph>(&value)) {
            Graph copy = body->graph();
            widen_inside(copy);
            widen_values(copy.inputs);
            widen_values(copy.outputs);
            value = Subgraph(std::move(copy));
        }
    }
}

void widen_inside(Graph& graph) {
    for (auto& [name, tensor] : graph.initializers) {
        if (is_half(tensor.dtype())) tensor = converted(tensor, DType::f32);
    }
    for (Node& node : graph.nodes) widen_node(node);
}

void rename_reads(Graph& graph, const std::map<std::string, std::string>& names);

void rename_reads(Node& node, const std::map<std::string, std::string>& names) {
    for (std::string& input : node.inputs) {
        if (const auto found = names.find(input); found != names.end()) input = found->second;
    }
    for (auto& [key, value] : node.attributes) {
        const auto* body = std::get_if<Subgraph>(&value);
        if (body == nullptr) continue;
        Graph copy = body->graph();
        std::map<std::string, std::string> seen = names;  // but those that the body defines itself
        for (const Value& input : copy.inputs) seen.erase(input.name);
        for (const auto& [name, tensor] : copy.initializers) seen.erase(name);
        for (const Node& inner : copy.nodes) {
            for (const std::string& output : inner.outputs) seen.erase(output);
        }
        rename_reads(copy, seen);
        for (Value& output : copy.outputs) {
            if (const auto found = seen.find(output.name); found != seen.end()) output.name = found->second;
        }
        value = Subgraph(std::move(copy));
    }
}

void rename_reads(Graph& graph, const std::map<std::string, std::string>& names) {
    for (Node& node : graph.nodes) rename_reads(node, names);
}

Node cast(const std::string& from, const std::string& to, DType dtype) {
    const std::int64_t type = dtype == DType::f16 ? kF16 : dtype == DType::bf16 ? kBf16 : kF32;
    return {.name = "", .op = "Cast", .inputs = {from}, .outputs = {to}, .attributes = {{"to", type}}};
}

/// What each Cast gives that only goes between f32 and halves.
std::set<std::string> casts_between_reals(const Graph& graph) {
    std::set<std::string> found;
    const auto types = infer_types(graph);
    const auto real = [&](const std::string& value) {
        const DType dtype = types.at(value).dtype;
        return dtype == DType::f32 || is_half(dtype);
    };
    for (const Node& node : graph.nodes) {
        if (node.op == "Cast" && real(node.inputs[0]) && real(node.outputs[0])) found.insert(node.outputs[0]);
    }
    return found;
}

/// Readers of these Casts read what the Cast reads; one that gives an output of the graph becomes an
/// Identity.
void take_out(Graph& graph, const std::set<std::string>& casts) {
    std::map<std::string, std::string> source;
    for (Node& node : graph.nodes) {
        rename_reads(node, source);
        if (!casts.contains(node.outputs[0])) continue;
        node = {.name = node.name,
                .op = "Identity",
                .inputs = node.inputs,
                .outputs = node.outputs,
                .attributes = {}};
        source[node.outputs[0]] = node.inputs[0];
    }
    remove_unread_nodes(graph);
}

}  // namespace

bool has_halves(const Graph& graph) {
    return std::ranges::any_of(graph.initializers, [](const auto& e) { return is_half(e.second.dtype()); }) ||
           std::ranges::any_of(graph.inputs, [](const Value& v) { return is_half(v.type.dtype); }) ||
           std::ranges::any_of(graph.nodes, [](const Node& node) { return has_halves(node); });
}

void widen_halves(Graph& graph) {
    FreshNames names(graph);
    const auto casts = casts_between_reals(graph);
    widen_inside(graph);
    take_out(graph, casts);
    std::map<std::string, std::string> inside;  // what nodes read instead
    std::vector<Node> first;
    for (const Value& input : graph.inputs) {
        if (!is_half(input.type.dtype)) continue;
        inside[input.name] = names.fresh(input.name + ".f32");
        first.push_back(cast(input.name, inside[input.name], DType::f32));
    }
    std::set<std::string> made;
    for (const Node& node : graph.nodes) made.insert(node.outputs.begin(), node.outputs.end());
    std::vector<Node> last;
    std::set<std::string> done;
    for (const Value& output : graph.outputs) {
        const bool given =
            std::ranges::any_of(graph.inputs, [&](const Value& v) { return v.name == output.name; });
        if (!is_half(output.type.dtype) || given || !done.insert(output.name).second) continue;
        inside[output.name] = names.fresh(output.name + ".f32");
        last.push_back(cast(inside[output.name], output.name, output.type.dtype));
        if (!made.contains(output.name)) {  // a constant
            auto constant = graph.initializers.extract(output.name);
            constant.key() = inside[output.name];
            graph.initializers.insert(std::move(constant));
        }
    }
    rename_reads(graph, inside);
    for (Node& node : graph.nodes) {
        for (std::string& output : node.outputs) {
            if (const auto found = inside.find(output); found != inside.end()) output = found->second;
        }
    }
    graph.nodes.insert(graph.nodes.begin(), first.begin(), first.end());
    graph.nodes.insert(graph.nodes.end(), last.begin(), last.end());
}

}  // namespace espalier
