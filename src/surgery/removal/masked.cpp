#include "surgery/removal/masked.h"

#include <fmt/format.h>

#include <cstring>
#include <map>

#include "espalier/error.h"
#include "graph/coupling/over_rest.h"
#include "graph/op.h"
#include "surgery/removal/group_ranking.h"
#include "surgery/removal/slices.h"
#include "tensor/convert.h"

namespace espalier::surgery {
namespace {

void clear(Weights& weights, const WeightSlice& slice, const StoredZeros& zeros) {
    const auto found = weights.find(slice.weight);
    if (found == weights.end() || zeros.scales.contains(slice.weight)) return;
    Tensor& tensor = found->second;
    const std::size_t size = size_of(tensor.dtype());
    const auto points = zeros.zero_points.find(slice.weight);
    const bool is_number = tensor.dtype() == DType::f32 || is_half(tensor.dtype());
    // Integers beside weights are biases of quantised layers, whose zero point is 0.
    if (points == zeros.zero_points.end() && !is_number && tensor.dtype() != DType::i32) return;
    each_element(slice, [&](std::size_t at) {
        const std::int64_t zero = points == zeros.zero_points.end() ? 0 : points->second[at];
        // Little-endian: the low bytes of a number are the number in fewer bits. Of 0.0 no bit is set.
        std::memcpy(tensor.bytes().data() + at * size, &zero, size);
    });
}

}  // namespace

Graph masked(Graph graph, const AxisGroups& groups, std::span<const CoupledUnit* const> units,
             const StoredZeros& zeros) {
    for (const CoupledUnit* unit : units) {
        for (const WeightSlice& slice : unit->slices) clear(graph.initializers, slice, zeros);
    }
    std::map<std::string, RestNode> rest;
    for (RestNode& one : groups.over_rest(ids_of(units))) {
        const std::string output = one.output;
        if (!rest.emplace(output, std::move(one)).second) {
            throw Unsupported(fmt::format(
                "the node that gives \"{}\" computes over two axes of which something would go", output));
        }
    }
    if (rest.empty()) return graph;
    std::vector<Node> nodes;
    for (const Node& node : graph.nodes) {
        const auto found = rest.find(node.outputs.front());
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
    for (const RestNode& one : groups.over_rest(ids_of(units))) {
        for (const Node& node : graph.nodes) {
            if (node.outputs.front() == one.output)
                names.push_back(fmt::format("{} ({})", describe(node), node.op));
        }
    }
    return names;
}

}  // namespace espalier::surgery
