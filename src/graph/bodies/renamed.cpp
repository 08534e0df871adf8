#include "graph/bodies/renamed.h"

namespace espalier {
namespace {

void rename(std::string& value, const Names& names) {
    if (const auto found = names.find(value); found != names.end()) value = found->second;
}

/// A body's own names hide those around it.
Graph renamed(Graph body, Names names) {
    for (const Value& input : body.inputs) names.erase(input.name);
    for (const auto& [name, tensor] : body.initializers) names.erase(name);
    for (const Node& node : body.nodes) {
        for (const std::string& output : node.outputs) names.erase(output);
    }
    for (Node& node : body.nodes) node = renamed(std::move(node), names);
    for (Value& output : body.outputs) rename(output.name, names);
    return body;
}

}  // namespace

Node renamed(Node node, const Names& names) {
    for (std::string& input : node.inputs) rename(input, names);
    for (auto& [key, attribute] : node.attributes) {
        if (const auto* body = std::get_if<Subgraph>(&attribute))
            attribute = Subgraph(renamed(body->graph(), names));
    }
    return node;
}

}  // namespace espalier
