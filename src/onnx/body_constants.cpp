#include "onnx/body_constants.h"

#include <map>

namespace espalier::onnx {
namespace {

using Counts = std::map<std::string, int>;

/// How often each name is defined, anywhere.
void count_names(const Graph& graph, Counts& counts) {
    for (const Value& input : graph.inputs) ++counts[input.name];
    for (const auto& constant : graph.initializers) ++counts[constant.first];
    for (const Node& node : graph.nodes) {
        for (const std::string& output : node.outputs) ++counts[output];
        for (const auto& attribute : node.attributes) {
            if (const auto* body = std::get_if<Subgraph>(&attribute.second))
                count_names(body->graph(), counts);
        }
    }
}

bool has_constants(const Graph& body) {
    if (!body.initializers.empty()) return true;
    for (const Node& node : body.nodes) {
        for (const auto& attribute : node.attributes) {
            const auto* inner = std::get_if<Subgraph>(&attribute.second);
            if (inner != nullptr && has_constants(inner->graph())) return true;
        }
    }
    return false;
}

void lift_from(std::vector<Node>& nodes, const Counts& counts, Weights& constants) {
    for (Node& node : nodes) {
        for (auto& attribute : node.attributes) {
            auto* body = std::get_if<Subgraph>(&attribute.second);
            if (body == nullptr || !has_constants(body->graph())) continue;
            Graph graph = body->graph();
            lift_from(graph.nodes, counts, constants);
            for (auto at = graph.initializers.begin(); at != graph.initializers.end();) {
                const auto constant = at++;
                if (counts.at(constant->first) == 1) constants.insert(graph.initializers.extract(constant));
            }
            attribute.second = Subgraph(std::move(graph));
        }
    }
}

}  // namespace

void lift_body_constants(Graph& graph) {
    Counts counts;
    count_names(graph, counts);
    lift_from(graph.nodes, counts, graph.initializers);
}

}  // namespace espalier::onnx
