#include "graph/analysis/readers.h"

#include <algorithm>
#include <utility>

namespace espalier {

Readers::Readers(const Graph& graph) {
    for (const Node& node : graph.nodes) {
        for (const std::string& input : values_read(node)) {
            auto& all = readers_[input];
            if (all.empty() || all.back() != &node) all.push_back(&node);
        }
    }
    for (const Value& output : graph.outputs) outputs_.insert(output.name);
}

const std::vector<const Node*>& Readers::of(const std::string& value) const {
    static const std::vector<const Node*> none;
    const auto found = readers_.find(value);
    return found == readers_.end() || outputs_.contains(value) ? none : found->second;
}

const Node* Readers::only(const std::string& value) const {
    const auto& all = of(value);
    return all.size() == 1 ? all.front() : nullptr;
}

bool is_output(const Graph& graph, const std::string& value) {
    return std::ranges::any_of(graph.outputs, [&](const Value& output) { return output.name == value; });
}

bool is_read_by_body(const Graph& graph, const std::string& value) {
    return std::ranges::any_of(graph.nodes, [&](const Node& node) {
        if (node.attributes.empty()) return false;
        const auto read = values_read(node);
        return std::ranges::count(read, value) > std::ranges::count(node.inputs, value);
    });
}

std::map<std::string, int> count_reads(const Graph& graph) {
    std::map<std::string, int> reads;
    for (const Node& node : graph.nodes) {
        for (const std::string& value : values_read(node)) ++reads[value];
    }
    for (const Value& output : graph.outputs) ++reads[output.name];
    return reads;
}

const Node* maker_of(const Graph& graph, const std::string& value) {
    const auto found = std::ranges::find_if(
        graph.nodes, [&](const Node& node) { return std::ranges::count(node.outputs, value) > 0; });
    return found == graph.nodes.end() ? nullptr : &*found;
}

Node* maker_of(Graph& graph, const std::string& value) {
    return const_cast<Node*>(maker_of(std::as_const(graph), value));
}

std::int64_t remove_unread_nodes(Graph& graph) {
    std::set<std::string> read;
    for (const Value& output : graph.outputs) read.insert(output.name);
    std::vector<Node> left;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {  // readers come after
        if (std::ranges::none_of(node->outputs, [&](const auto& name) { return read.contains(name); }))
            continue;
        for (std::string& name : values_read(*node)) read.insert(std::move(name));
        left.push_back(std::move(*node));
    }
    const std::int64_t gone = std::ssize(graph.nodes) - std::ssize(left);
    std::ranges::reverse(left);
    graph.nodes = std::move(left);
    return gone;
}

void remove_unread_initializers(Graph& graph) {
    const std::map<std::string, int> read = count_reads(graph);
    std::erase_if(graph.initializers, [&](const auto& entry) { return !read.contains(entry.first); });
}

}  // namespace espalier
