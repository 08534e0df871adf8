#include "surgery/removal/masked.h"

#include <fmt/format.h>

#include <map>

#include "espalier/error.h"
#include "graph/coupling/over_rest.h"
#include "graph/op.h"
#include "surgery/removal/group_ranking.h"
#include "surgery/removal/slices.h"

namespace espalier::surgery {

Graph masked(Graph graph, const AxisGroups& groups, std::span<const CoupledUnit* const> units) {
    std::map<std::size_t, RestNode> rest;
    for (RestNode& one : groups.over_rest(graph, ids_of(units))) {
        const std::size_t node = one.node;
        if (!rest.emplace(node, std::move(one)).second) {
            throw Unsupported(fmt::format("{} computes over two axes of which something would go",
                                          describe(graph.nodes[node])));
        }
    }
    for (const CoupledUnit* unit : units) {
        for (const WeightSlice& slice : unit->slices) {
            Tensor& tensor = graph.initializers.at(slice.weight);
            if (tensor.dtype() != DType::f32) continue;
            each_element(slice, [&](std::size_t at) { tensor.f32()[at] = 0; });
        }
    }
    if (rest.empty()) return graph;
    std::vector<Node> nodes;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        const auto found = rest.find(i);
        if (found == rest.end()) {
            nodes.push_back(node);
            continue;
        }
        const RestNode& one = found->second;
        RestWriter writer(node, one.axis, one.kept, one.shape, nodes, graph.initializers);
        one.write(writer);
    }
    graph.nodes = std::move(nodes);
    return graph;
}

std::vector<std::string> computed_over_rest(const Graph& graph, const AxisGroups& groups,
                                            std::span<const CoupledUnit* const> units) {
    std::vector<std::string> names;
    for (const RestNode& one : groups.over_rest(graph, ids_of(units)))
        names.push_back(fmt::format("{} ({})", describe(graph.nodes[one.node]), graph.nodes[one.node].op));
    return names;
}

}  // namespace espalier::surgery
