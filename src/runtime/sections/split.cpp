#include "runtime/sections/split.h"

#include <algorithm>

namespace espalier::runtime {
namespace {

using Names = std::set<std::string>;

bool is_open(const ValueType& type) {
    return !type.is_ranked || !std::ranges::all_of(type.dims, [](const Dim& dim) { return dim.is_fixed(); });
}

std::string first_output(const Node& node) {
    const auto named = std::ranges::find_if(node.outputs, [](const auto& name) { return !name.empty(); });
    return named == node.outputs.end() ? "" : *named;
}

bool reads_any(const Node& node, const Names& values) {
    return std::ranges::any_of(values_read(node), [&](const auto& name) { return values.contains(name); });
}

void add_reads(const Graph& part, Names& reads) {
    for (const Node& node : part.nodes) {
        for (const std::string& name : values_read(node)) reads.insert(name);
    }
}

Names made_by(const Graph& part) {
    Names made;
    for (const Node& node : part.nodes) made.insert(node.outputs.begin(), node.outputs.end());
    return made;
}

void add_values(std::vector<Value>& values, const Names& names, const Types& types) {
    for (const std::string& name : names) values.push_back({name, types.at(name)});
}

/// Copies of the initialisers among `reads`, which stay with the graph.
Weights copies_of(const Weights& initializers, const Names& reads) {
    Weights copies;
    for (const std::string& name : reads) {
        const auto found = initializers.find(name);
        if (found != initializers.end()) copies.emplace(name, found->second);
    }
    return copies;
}

}  // namespace

std::set<std::string> open_values(const Graph& graph, const Types& types) {
    Names open;
    Names behind;
    for (const Node& node : graph.nodes) {
        const bool is_behind = reads_any(node, behind);
        const auto is_open_value = [&](const std::string& name) {
            return !name.empty() && is_open(types.at(name));
        };
        const bool opens = has_bodies(node) || std::ranges::any_of(node.outputs, is_open_value);
        if (!is_behind && !opens) continue;
        if (!is_behind) open.insert(first_output(node));
        behind.insert(node.outputs.begin(), node.outputs.end());
    }
    return open;
}

Split split(Graph graph, const std::set<std::string>& open) {
    const Types types = infer_types(graph);
    Split parts;
    parts.head.name = graph.name;
    parts.tail.name = graph.name;
    parts.head.inputs = graph.inputs;
    Names behind;
    for (Node& node : graph.nodes) {
        const bool is_open_node = open.contains(first_output(node));
        const bool is_behind = !is_open_node && reads_any(node, behind);
        if (is_open_node || is_behind) behind.insert(node.outputs.begin(), node.outputs.end());
        (is_open_node ? parts.nodes
         : is_behind  ? parts.tail.nodes
                      : parts.head.nodes)
            .push_back(std::move(node));
    }
    Names of_head, of_nodes, of_tail;
    add_reads(parts.head, of_head);
    add_reads(parts.tail, of_tail);
    for (const Node& node : parts.nodes) {
        for (const std::string& name : values_read(node)) of_nodes.insert(name);
    }
    Names outputs;
    for (const Value& output : graph.outputs) outputs.insert(output.name);

    const Names head_made = made_by(parts.head);
    const Names tail_made = made_by(parts.tail);
    Names head_gives, tail_takes, tail_gives;
    for (const std::string& name : head_made) {
        if (of_nodes.contains(name) || of_tail.contains(name) || outputs.contains(name))
            head_gives.insert(name);
    }
    for (const std::string& name : of_tail) {
        if (!tail_made.contains(name) && !graph.initializers.contains(name)) tail_takes.insert(name);
    }
    for (const std::string& name : outputs) {
        if (tail_made.contains(name)) tail_gives.insert(name);
    }
    for (Names* names : {&head_gives, &tail_takes, &tail_gives}) names->erase("");
    add_values(parts.head.outputs, head_gives, types);
    add_values(parts.tail.inputs, tail_takes, types);
    add_values(parts.tail.outputs, tail_gives, types);

    of_nodes.insert(outputs.begin(), outputs.end());  // an output may be an initialiser
    parts.constants = copies_of(graph.initializers, of_nodes);
    for (auto& [name, tensor] : graph.initializers) {
        if (of_head.contains(name) && of_tail.contains(name)) parts.tail.initializers.emplace(name, tensor);
        Graph& part = of_head.contains(name) ? parts.head : parts.tail;
        if (of_head.contains(name) || of_tail.contains(name))
            part.initializers.emplace(name, std::move(tensor));
    }
    return parts;
}

}  // namespace espalier::runtime
